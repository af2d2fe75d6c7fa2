import { likelyAcceleration } from "./image/acceleration.ts";
import { freeMemory, memoryOf } from "./machine/memory.ts";
import { type LabHostRef, openHost } from "./reach.ts";
import { machineOf } from "./remote/remote-host.ts";

/** Memory demand of a lab, in bytes. */
export interface LabMemory {
  /** Maximum memory of its servers that do not run. */
  readonly need: number;
  /** Memory that is free beside everything that runs. */
  readonly free: number;
  /** The running servers. */
  readonly running: readonly string[];
}

/** Reads only /proc, so that it costs an idle `up` almost nothing. `servers`: their memory in MiB. */
export async function labMemory(
  ref: LabHostRef,
  servers: readonly { name: string; memory: number }[],
): Promise<LabMemory> {
  const { running, free, acceleration } =
    ref.kind === "remote"
      ? await machineOf(ref).call("memory", { place: ref.place })
      : { running: await openHost(ref).guests(), free: freeMemory(), acceleration: likelyAcceleration() };
  const others = servers.filter(({ name }) => !running.includes(name));
  return { need: memoryOf(others, acceleration), free, running };
}
