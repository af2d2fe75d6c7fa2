import { type LabHost, SEGMENT } from "./access.ts";
import { type Ended, runOnHost, tryOnHost } from "./command.ts";

const commandOf = (words: readonly string[]): string[] => ["virsh", "--quiet", "--connect", "qemu:///system", ...words];

/** libvirt's command line on a lab host, in English. @throws HostCommandError with what it printed */
export const virsh = (host: LabHost, ...words: string[]): Promise<string> => runOnHost(host, SEGMENT, commandOf(words));

/** The same, where its status is an answer. */
export const tryVirsh = (host: LabHost, ...words: string[]): Promise<Ended> =>
  tryOnHost(host, SEGMENT, commandOf(words));
