import { HostCommandError } from "../command.ts";
import { MachineError } from "../remote/errors.ts";
import type { Virsh } from "./machine-libvirt.ts";
import { MARK_NAMESPACE, type SystemNames } from "./names.ts";

/** Whose a thing of the machine's libvirt is. */
export type Whose = "ours" | "somebody else's" | "missing";

/** The output of virsh. @throws HostCommandError */
export async function said(virsh: Virsh, ...words: string[]): Promise<string> {
  const ended = await virsh(...words);
  if (ended.status !== 0) throw new HostCommandError("the machine's libvirt", ["virsh", ...words], ended);
  return ended.stdout;
}

const rows = (text: string): string[] =>
  text
    .split("\n")
    .map((row) => row.trim())
    .filter(Boolean);

/** Whose a domain is, by the mark in its metadata: a name alone says nothing. @throws HostCommandError if libvirt does not answer */
export async function whoseDomain(virsh: Virsh, domain: string, { id }: SystemNames): Promise<Whose> {
  const ended = await virsh("metadata", domain, "--uri", MARK_NAMESPACE);
  if (ended.status === 0) return /\bid=['"]([0-9a-f]+)['"]/.exec(ended.stdout)?.[1] === id ? "ours" : "somebody else's";
  if (ended.stderr.includes("failed to get domain")) return "missing";
  if (/metadata not found/i.test(ended.stderr)) return "somebody else's";
  throw new HostCommandError("the machine's libvirt", ["virsh", "metadata", domain], ended);
}

/** Whose the pool of the lab's name is, by its path, which has the lab's id. A pool has no metadata. */
export async function whosePool(virsh: Virsh, { pool, poolPath }: SystemNames): Promise<Whose> {
  if (!rows(await said(virsh, "pool-list", "--all", "--name")).includes(pool)) return "missing";
  const xml = await said(virsh, "pool-dumpxml", pool);
  return xml.includes(`<path>${poolPath}</path>`) && /<pool type=['"]dir['"]>/.test(xml) ? "ours" : "somebody else's";
}

/** The lab's servers that have a domain, by their marks. `states`: options of `virsh list`. Default: all. */
export async function markedServers(virsh: Virsh, names: SystemNames, ...states: string[]): Promise<string[]> {
  const listed = rows(await said(virsh, "list", "--name", ...(states.length > 0 ? states : ["--all"])));
  const found: string[] = [];
  for (const domain of listed) {
    const server = names.server(domain);
    if (server !== undefined && (await whoseDomain(virsh, domain, names)) === "ours") found.push(server);
  }
  return found;
}

/** @throws MachineError if somebody else has a domain or pool of a name that the lab needs. Changes nothing */
export async function mustBeFree(virsh: Virsh, names: SystemNames, servers: readonly string[]): Promise<void> {
  const taken = (what: string, look: string) =>
    new MachineError(
      `the machine's libvirt has a ${what} that is not this lab's: it lacks the lab's mark, and stays as it is.\n` +
        `Fix: \`virsh --connect qemu:///system ${look}\` shows it; rename it or remove it, or give the lab another name: pulumi stack rename NAME`,
    );
  for (const domain of servers.map(names.domain))
    if ((await whoseDomain(virsh, domain, names)) === "somebody else's")
      throw taken(`domain ${domain}`, `dumpxml ${domain}`);
  if ((await whosePool(virsh, names)) === "somebody else's")
    throw taken(`storage pool ${names.pool}`, `pool-dumpxml ${names.pool}`);
}

/** Removes all that the lab has on the machine's libvirt: domains with its mark, and its pool with the volumes. @throws HostCommandError */
export async function removeMarked(virsh: Virsh, names: SystemNames): Promise<void> {
  for (const domain of (await markedServers(virsh, names)).map(names.domain)) {
    await virsh("destroy", domain); // fails if it is not running
    await undefine(virsh, domain);
  }
  if ((await whosePool(virsh, names)) !== "ours") return;
  const { pool } = names;
  await virsh("pool-start", pool); // fails if it is active, or its directory is gone
  const active = (await virsh("pool-refresh", pool)).status === 0;
  if (active) {
    for (const volume of await volumesOf(virsh, pool)) await said(virsh, "vol-delete", "--pool", pool, volume);
    await said(virsh, "pool-destroy", pool);
    await said(virsh, "pool-delete", pool);
  }
  await said(virsh, "pool-undefine", pool);
}

/** Removes a domain that is off, with all that libvirt knows of it. */
export const undefine = (virsh: Virsh, domain: string): Promise<string> =>
  said(virsh, "undefine", domain, "--managed-save", "--snapshots-metadata", "--checkpoints-metadata", "--nvram");

/** The names of a pool's volumes. Those of labs have no blanks. */
export const volumesOf = async (virsh: Virsh, pool: string): Promise<string[]> =>
  rows(await said(virsh, "vol-list", pool)).flatMap((row) => row.split(/\s{2,}/)[0] ?? []);
