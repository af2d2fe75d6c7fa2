import type { ObservedHost } from "../access.ts";
import type { Acceleration } from "../image/acceleration.ts";
import type { PackagePools } from "../package-pools.ts";

/** Kinds of directories that are sent: their names in the cache. */
export type SentKind = "userland" | "images";

/** The file of a lab's directory over there that says whose it is. */
export const OWNER = "owner";

/** What the agent can be asked. `place`: the lab's directory over there; all paths are those over there. Arguments and answers are JSON. */
export interface Verbs {
  findings(given: object): Promise<readonly { level: "error" | "warning"; problem: string; fix: string }[]>;
  whole(given: { directory: string; kind: SentKind; name: string }): Promise<{ whole: boolean; damage?: string }>;
  start(given: { place: string; owner: string; packages: PackagePools }): Promise<null>;
  observe(given: { place: string }): Promise<ObservedHost | null>;
  destroy(given: { place: string }): Promise<null>;
  attach(given: { place: string; name: string; bridge: string; address?: string; address6?: string }): Promise<null>;
  detach(given: { place: string; name: string }): Promise<null>;
  guests(given: { place: string }): Promise<string[]>;
  memory(given: { place: string }): Promise<{ running: string[]; free: number; acceleration: Acceleration }>;
  acceleration(given: { kernel: string; initrd: string }): Promise<Acceleration>;
  clock(given: object): Promise<null>;
}
