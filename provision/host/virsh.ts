import { type LabHost, SEGMENT } from "./access.ts";
import { type Ended, HostCommandError, runOnHost, tryOnHost } from "./command.ts";

/** libvirt's command line, as it is run on a lab host's segment. */
export const virshCommand = (...words: readonly string[]): string[] => [
  ...["virsh", "--quiet", "--connect", "qemu:///system"],
  ...words,
];

/** libvirt's command line on a lab host, in English. @throws HostCommandError with what it printed */
export const virsh = (host: LabHost, ...words: string[]): Promise<string> =>
  runOnHost(host, SEGMENT, virshCommand(...words));

/** The same, where its status is an answer. */
export const tryVirsh = (host: LabHost, ...words: string[]): Promise<Ended> =>
  tryOnHost(host, SEGMENT, virshCommand(...words));

/**
 * libvirt's word for the state of a server's domain: `running`, `shut off`, `paused`; undefined if libvirt has no such domain.
 * @throws HostCommandError if libvirt does not answer
 */
export async function domainState(host: LabHost, name: string): Promise<string | undefined> {
  const ended = await tryVirsh(host, "domstate", name);
  if (ended.status === 0) return ended.stdout.trim();
  if (ended.stderr.includes("failed to get domain")) return undefined;
  throw new HostCommandError(SEGMENT, virshCommand("domstate", name), ended);
}
