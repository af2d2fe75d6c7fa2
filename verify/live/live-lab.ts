import { runOnHost } from "../../provision/host/command.ts";
import { openHost, SEGMENT } from "../../provision/host/reach.ts";
import type { LiveLab } from "../../provision/live.ts";
import { connectTo, connectToRunning, type ServerConnection } from "../../provision/ssh/index.ts";
import { LabError } from "./lab-error.ts";

export type { LiveLab };

/** The SSH connection to a server of the lab, by its name. `seconds`: the time limit for opening one; by default what a server that runs may take. */
export async function onServer(
  live: LiveLab,
  name: string,
  { seconds }: { seconds?: number } = {},
): Promise<ServerConnection> {
  const ref = live.servers.find((one) => one.name === name);
  if (!ref)
    throw new LabError(
      `the lab has no server "${name}"; it has ${live.servers.map((one) => one.name).join(", ")}`,
      "misuse",
    );
  return await (seconds === undefined ? connectToRunning(ref) : connectTo(ref, seconds));
}

/** The lab host: its URI, its segment, its client. */
export const labHost = (live: LiveLab) => openHost(live.host);

/**
 * Returns if the lab can be asked: whatever its servers answer is theirs then.
 * @throws LabHostDownError if its lab host does not run; MachineError if the machine of that cannot be used
 */
export const mustBeUp = async (live: LiveLab): Promise<void> =>
  void (await runOnHost(labHost(live), SEGMENT, ["true"]));
