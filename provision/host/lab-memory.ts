import { likelyAcceleration } from "./image/acceleration.ts";
import { freeMemory, memoryOf } from "./machine/memory.ts";
import { type LabHostRef, openHost } from "./reach.ts";

/** What a lab needs of the machine's memory, in bytes. */
export interface LabMemory {
  /** What its servers come to take that do not run. */
  readonly need: number;
  /** What can be had now, beside all that runs. */
  readonly free: number;
  /** The servers that run. */
  readonly running: readonly string[];
}

/** Looks at /proc and asks nobody, so that it costs an idle `up` next to nothing. `servers`: their memory in MiB. */
export function labMemory(ref: LabHostRef, servers: readonly { name: string; memory: number }[]): LabMemory {
  const running = openHost(ref).guests();
  const others = servers.filter(({ name }) => !running.includes(name));
  return { need: memoryOf(others, likelyAcceleration()), free: freeMemory(), running };
}
