import { createHash } from "node:crypto";
import { existsSync, readFileSync } from "node:fs";
import { rm } from "node:fs/promises";
import { basename, join } from "node:path";
import { machineId } from "../machine/machine-id.ts";
import { machineOf, mustBeFit } from "./remote-host.ts";
import { RECORD, RemoteMachine, type RemotePlace } from "./remote-machine.ts";

/** Where the lab of a directory of this machine is, if that is another machine. */
export function recordedPlace(directory: string): RemotePlace | undefined {
  try {
    const { machine, place } = JSON.parse(readFileSync(join(directory, RECORD), "utf8")) as RemotePlace;
    return { machine, directory, place };
  } catch {
    return undefined;
  }
}

/**
 * The place of a lab on another machine, in that user's directory of labs. Makes the lab's directory on this machine, with a record of it.
 * @throws MachineError if the machine cannot be used; a directory that was not there is not there then
 */
export async function remotePlace(machine: string, directory: string): Promise<RemotePlace> {
  const recorded = recordedPlace(directory);
  if (recorded?.machine === machine) return recorded;
  const fresh = !existsSync(directory);
  const asked = new RemoteMachine({ machine, directory, place: "" });
  try {
    await asked.layDirectory();
    const { labs } = await asked.prepare();
    await mustBeFit(asked);
    const at = { machine, directory, place: join(labs, nameThere(directory)) };
    await machineOf(at).layDirectory();
    return at;
  } catch (error) {
    await asked.link.end();
    if (fresh) await rm(directory, { recursive: true, force: true });
    throw error;
  }
}

/**
 * Bytes of memory that are free on another machine.
 * @param directory of this machine, for the connection; it goes again
 * @throws MachineError if the machine cannot be used
 */
export async function freeMemoryOn(machine: string, directory: string): Promise<number> {
  const asked = new RemoteMachine({ machine, directory, place: "" });
  try {
    await asked.layDirectory();
    return (await asked.call("memory", { place: "/" })).free;
  } finally {
    await asked.link.end();
    await rm(directory, { recursive: true, force: true });
  }
}

/** The name of a lab's directory over there says whose it is: others may have labs of the same name on that machine. */
function nameThere(directory: string): string {
  const hash = createHash("sha256").update(`${machineId()} ${directory}`).digest("hex").slice(0, 8);
  return `${basename(directory)}-${hash}`;
}
