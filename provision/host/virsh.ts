import { type LabHost, SEGMENT } from "./access.ts";
import { type Ended, HostCommandError, runOnHost, tryOnHost } from "./command.ts";
import { markedServers, whoseDomain } from "./system/marked.ts";

/** The lab's own libvirtd, on its segment. */
const OWN = "qemu:///system";

const commandAt = (uri: string, words: readonly string[]): string[] => ["virsh", "--quiet", "--connect", uri, ...words];

/** libvirt's command line for the libvirt that has the servers, as run on a lab host's segment. */
export const virshCommand = (host: Pick<LabHost, "shared">, ...words: readonly string[]): string[] =>
  commandAt(host.shared?.uri ?? OWN, words);

/** Runs virsh on a lab host, in English. A server is named by `domainOf`. @throws HostCommandError with its output */
export const virsh = (host: LabHost, ...words: string[]): Promise<string> =>
  runOnHost(host, SEGMENT, virshCommand(host, ...words));

/** Like `virsh`, but returns a failure status instead of throwing. */
export const tryVirsh = (host: LabHost, ...words: string[]): Promise<Ended> =>
  tryOnHost(host, SEGMENT, virshCommand(host, ...words));

/** Runs virsh on the lab's own libvirtd, which has its networks. @throws HostCommandError with its output */
export const networkVirsh = (host: LabHost, ...words: string[]): Promise<string> =>
  runOnHost(host, SEGMENT, commandAt(OWN, words));

const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

/** The name of the domain of a server of `serversIn`, which has looked whose it is. */
export const domainSeen = (host: LabHost, server: string): string => host.shared?.names.domain(server) ?? server;

/**
 * The name of a server's domain, which may not be there. A UUID stands for itself: it came from Pulumi's state.
 * @throws Error if the domain of that name is somebody else's
 */
export async function domainOf(host: LabHost, server: string): Promise<string> {
  if (!host.shared || UUID.test(server)) return server;
  const { names } = host.shared;
  const domain = names.domain(server);
  if ((await whoseDomain((...words) => tryVirsh(host, ...words), domain, names)) === "somebody else's")
    throw new Error(
      `the machine's libvirt has a domain ${domain} without the mark of the lab in ${host.directory}: it is somebody else's, and stays as it is.\n` +
        `Fix: rename it, then \`npm run up -- -s ${names.stack}\``,
    );
  return domain;
}

/** `domainOf` of several servers. */
export const domainsOf = (host: LabHost, servers: readonly string[]): Promise<string[]> =>
  Promise.all(servers.map((server) => domainOf(host, server)));

/** The lab's servers that libvirt has. `states`: options of `virsh list`. Default: all. */
export async function serversIn(host: LabHost, ...states: string[]): Promise<string[]> {
  if (host.shared) return await markedServers((...words) => tryVirsh(host, ...words), host.shared.names, ...states);
  const listed = await virsh(host, "list", ...(states.length > 0 ? states : ["--all"]), "--name");
  return listed.split("\n").filter((name) => name.trim() !== "");
}

/**
 * libvirt's state of a server's domain: `running`, `shut off`, `paused`; undefined if libvirt has no such domain.
 * @throws HostCommandError if libvirt does not answer
 */
export async function domainState(host: LabHost, name: string): Promise<string | undefined> {
  const words = ["domstate", await domainOf(host, name)];
  const ended = await tryVirsh(host, ...words);
  if (ended.status === 0) return ended.stdout.trim();
  if (ended.stderr.includes("failed to get domain")) return undefined;
  throw new HostCommandError(SEGMENT, virshCommand(host, ...words), ended);
}
