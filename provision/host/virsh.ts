import { type LabHost, SEGMENT } from "./access.ts";
import { type Ended, HostCommandError, runOnHost, tryOnHost } from "./command.ts";

/** libvirt's command line, as run on a lab host's segment. */
export const virshCommand = (...words: readonly string[]): string[] => [
  ...["virsh", "--quiet", "--connect", "qemu:///system"],
  ...words,
];

/** Runs virsh on a lab host, in English. @throws HostCommandError with its output */
export const virsh = (host: LabHost, ...words: string[]): Promise<string> =>
  runOnHost(host, SEGMENT, virshCommand(...words));

/** Like `virsh`, but returns a failure status instead of throwing. */
export const tryVirsh = (host: LabHost, ...words: string[]): Promise<Ended> =>
  tryOnHost(host, SEGMENT, virshCommand(...words));

/**
 * libvirt's state of a server's domain: `running`, `shut off`, `paused`; undefined if libvirt has no such domain.
 * @throws HostCommandError if libvirt does not answer
 */
export async function domainState(host: LabHost, name: string): Promise<string | undefined> {
  const ended = await tryVirsh(host, "domstate", name);
  if (ended.status === 0) return ended.stdout.trim();
  if (ended.stderr.includes("failed to get domain")) return undefined;
  throw new HostCommandError(SEGMENT, virshCommand("domstate", name), ended);
}
