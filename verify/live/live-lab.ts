import type { Lab } from "../../lab/lab.ts";
import { openHost } from "../../provision/host/reach.ts";
import { connectTo, type ServerConnection, type ServerRef } from "../../provision/ssh/index.ts";
import { LabError } from "./lab-error.ts";

/** A lab that is up, by its stack's outputs: the subject of checks, faults and probes. */
export interface LiveLab {
  readonly stack: string;
  readonly lab: Lab;
  readonly host: ServerRef["host"];
  /** The bridge of the lab's segment, on the lab host. */
  readonly bridge: string;
  readonly acceleration: ServerRef["acceleration"];
  /** References to the servers, in the lab file's order. */
  readonly servers: readonly ServerRef[];
}

/** The SSH connection to a server of the lab, by its name. `seconds`: the time limit for opening one. */
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
  return await connectTo(ref, seconds);
}

/** The lab host: its URI, its segment, its client. */
export const labHost = (live: LiveLab) => openHost(live.host);
