import { type LabHost, SEGMENT } from "./access.ts";
import { type Ended, runOnHost, tryOnHost } from "./command.ts";

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
