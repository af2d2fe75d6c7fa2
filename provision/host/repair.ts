import type { LabHost, SharedLibvirt } from "./access.ts";
import { type LabHostRef, openHost } from "./reach.ts";
import { CONSOLE_LOG } from "./system/domain.ts";
import { undefine, whosePool } from "./system/marked.ts";
import { domainSeen, networkVirsh, serversIn, tryVirsh, virsh as virshOn } from "./virsh.ts";

/** Something in libvirt that Pulumi's state does not know: a domain, network, pool or volume, by name. */
export interface Orphan {
  readonly kind: "domain" | "network" | "volume" | "pool";
  readonly name: string;
}

/** A volume that could not be read or removed, and libvirt's message. */
export interface Left {
  readonly what: string;
  readonly why: string;
}

/**
 * Removes what an interrupted run created in a lab's libvirt without recording it in Pulumi's state: its names would block the next run.
 * `known` holds the IDs in Pulumi's state: UUIDs of domains, networks and pools, paths of volumes. A private libvirtd belongs to one lab,
 * so everything unknown is an orphan; on a shared one, what is unknown and has the lab's mark. Directories in a pool are kept, because labs make
 * none. A volume that cannot be removed is left and reported.
 */
export async function removeOrphans(
  ref: LabHostRef,
  known: ReadonlySet<string>,
): Promise<{ removed: Orphan[]; left: Left[] }> {
  const host = openHost(ref);
  const [removed, left]: [Orphan[], Left[]] = [[], []];
  if (!(await host.observe())) return { removed, left };
  /** Notes failures. */
  const trying = async (what: string, work: () => Promise<void>): Promise<void> =>
    await work().catch((error: Error) => void left.push({ what, why: error.message }));
  const virsh = (...args: string[]): Promise<string> => virshOn(host, ...args);
  const rowsOf = (text: string): string[] => text.split("\n").filter((row) => row.trim() !== "");
  const unknown = async (names: readonly string[], uuidOf: (name: string) => Promise<string>): Promise<string[]> => {
    const found: string[] = [];
    for (const name of names) if (!known.has((await uuidOf(name)).trim())) found.push(name);
    return found;
  };
  const domains = (await serversIn(host)).map((server) => domainSeen(host, server));
  for (const name of await unknown(domains, (domain) => virsh("domuuid", domain))) {
    await tryVirsh(host, "destroy", name); // fails if it is not running
    // On a shared libvirt somebody may have made snapshots of it.
    await (host.shared ? undefine((...words) => tryVirsh(host, ...words), name) : virsh("undefine", name));
    removed.push({ kind: "domain", name });
  }
  const pools = async () =>
    host.shared
      ? await ourPools(host, host.shared)
      : rowsOf(await virsh("pool-list", "--all", "--name")).map((row) => row.trim());
  for (const pool of await pools()) {
    await tryVirsh(host, "pool-refresh", pool);
    await trying(`the volumes of the pool ${pool}`, async () => {
      for (const { name, path, type } of rowsOf(await virsh("vol-list", pool, "--details")).map(volumeOf))
        if (type !== "dir" && !known.has(path) && !isLog(host, name))
          await trying(`the volume ${name}`, async () => {
            await virsh("vol-delete", "--pool", pool, name);
            removed.push({ kind: "volume", name });
          });
    });
  }
  const network = (...args: string[]): Promise<string> => networkVirsh(host, ...args);
  const networks = rowsOf(await network("net-list", "--all", "--name")).map((row) => row.trim());
  for (const name of await unknown(networks, (one) => network("net-uuid", one))) {
    await network("net-destroy", name).catch(() => {}); // fails if it is not active
    await network("net-undefine", name);
    removed.push({ kind: "network", name });
  }
  for (const name of await unknown(await pools(), (pool) => virsh("pool-uuid", pool))) {
    await tryVirsh(host, "pool-destroy", name);
    await virsh("pool-undefine", name);
    removed.push({ kind: "pool", name });
  }
  return { removed, left };
}

/** The pool of the lab's name, if it is the lab's. */
async function ourPools(host: LabHost, { names }: SharedLibvirt): Promise<string[]> {
  return (await whosePool((...words) => tryVirsh(host, ...words), names)) === "ours" ? [names.pool] : [];
}

/** libvirt itself puts consoles' logs into the pool of a lab on a shared one, and numbers older parts of them. */
const isLog = ({ shared }: LabHost, volume: string): boolean => shared !== undefined && volume.includes(CONSOLE_LOG);

/**
 * A row of `virsh vol-list --details`: name, path, type and two sizes, separated by two or more spaces. Name and path may contain spaces.
 */
function volumeOf(row: string): { name: string; path: string; type: string } {
  const size = String.raw`(?:[\d.]+ \S+|\S+)`;
  const columns = new RegExp(String.raw`^ ?(.+?) {2,}(/.*?) {2,}(\S+) {2,}${size} {2,}${size} *$`).exec(row);
  const [, name = row.trim(), path = "", type = ""] = columns ?? [];
  return { name, path, type };
}

/** Starts the lab's servers that are powered off or paused, and returns their names: a killed guest must not fail `up`. */
export async function startServers(ref: LabHostRef): Promise<string[]> {
  const host = openHost(ref);
  if (!(await host.observe())) return [];
  const [off, paused] = [await serversIn(host, "--state-shutoff"), await serversIn(host, "--state-paused")];
  for (const name of off) await virshOn(host, "start", domainSeen(host, name));
  for (const name of paused) await virshOn(host, "resume", domainSeen(host, name));
  return [...off, ...paused];
}
