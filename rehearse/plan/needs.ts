import type { Director } from "../directors/director.ts";
import { isScript } from "../directors/tracked.ts";
import type { Folder } from "../folder.ts";
import { deviceOf } from "./segments.ts";

/** Whether a director has to forward packets: for NAT, or as the gateway of a network, when it has instances on several ones. */
export const forwards = (director: Director): boolean =>
  director.virtualServers.some(
    ({ method, realServers }) => method === "NAT" || realServers.some((real) => real.method === "NAT"),
  ) ||
  (director.virtualServers.length === 0 &&
    new Set(director.instances.map((instance) => deviceOf(director, instance))).size > 1);

/** Debian's packages with what scripts and processes look for. */
const packageOf: Readonly<Record<string, string>> = { haproxy: "haproxy", nginx: "nginx-light", apache2: "apache2" };

/** The packages that a director's scripts and tracked processes need beside keepalived. */
export function packagesOf(folder: Folder, { tracked, configuration }: Director): string[] {
  const texts = tracked.flatMap((one) => [
    ...one.block.map(({ text }) => text),
    ...(isScript(one)
      ? (one.command?.words ?? []).flatMap((word) => folder.find(word, configuration.file)?.text ?? [])
      : []),
  ]);
  return Object.entries(packageOf).flatMap(([word, name]) =>
    texts.some((text) => new RegExp(`\\b${word}\\b`).test(text)) ? [name] : [],
  );
}
