import { z } from "zod";
import { hostLabel } from "../../lab/schema.ts";
import { property } from "../../lab/yaml/schema.ts";

export { duration, withUnit } from "../../lab/yaml/duration.ts";

/** `within` of a step: as long as health checks may take for the fault or the heal that opened its window. */
export const DETECTED = "detected";

/** A selector, or a word that the property also takes: all have the form of a host name. */
export const server = (expected: string, remedy: string) =>
  property(z.string().regex(hostLabel), `${expected}, or a server's name`, remedy);

export const director = (key: string) => server("master, standby or director", `write \`${key}: master\``);

export const realServer = (key: string) => server("real-server-1, real-server-2 …", `write \`${key}: real-server-2\``);

/** Text that is not empty. */
export const text = (what: string, remedy: string) => property(z.string().min(1), what, remedy);
