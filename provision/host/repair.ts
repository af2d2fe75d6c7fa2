import { type LabHostRef, openHost } from "./reach.ts";
import { tryVirsh, virsh as virshOn } from "./virsh.ts";

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
 * so everything unknown is an orphan. Directories in a pool are kept, because labs make none. A volume that cannot be removed is left and
 * reported.
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
  const rows = async (...args: string[]): Promise<string[]> =>
    (await virsh(...args)).split("\n").filter((row) => row.trim() !== "");
  const unknown = async (kind: Orphan["kind"], ...list: string[]): Promise<string[]> => {
    const found: string[] = [];
    for (const name of (await rows(...list)).map((row) => row.trim())) {
      const uuid = (
        await virsh(kind === "domain" ? "domuuid" : kind === "network" ? "net-uuid" : "pool-uuid", name)
      ).trim();
      if (!known.has(uuid)) found.push(name);
    }
    return found;
  };
  for (const name of await unknown("domain", "list", "--all", "--name")) {
    await tryVirsh(host, "destroy", name); // fails if it is not running
    await virsh("undefine", name);
    removed.push({ kind: "domain", name });
  }
  for (const pool of (await rows("pool-list", "--all", "--name")).map((row) => row.trim())) {
    await tryVirsh(host, "pool-refresh", pool);
    await trying(`the volumes of the pool ${pool}`, async () => {
      for (const { name, path, type } of (await rows("vol-list", pool, "--details")).map(volumeOf))
        if (type !== "dir" && !known.has(path))
          await trying(`the volume ${name}`, async () => {
            await virsh("vol-delete", "--pool", pool, name);
            removed.push({ kind: "volume", name });
          });
    });
  }
  for (const name of await unknown("network", "net-list", "--all", "--name")) {
    await tryVirsh(host, "net-destroy", name);
    await virsh("net-undefine", name);
    removed.push({ kind: "network", name });
  }
  for (const name of await unknown("pool", "pool-list", "--all", "--name")) {
    await tryVirsh(host, "pool-destroy", name);
    await virsh("pool-undefine", name);
    removed.push({ kind: "pool", name });
  }
  return { removed, left };
}

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
  const virsh = (...args: string[]): Promise<string> => virshOn(host, ...args);
  const names = async (...states: string[]): Promise<string[]> =>
    (await virsh("list", "--name", ...states)).split("\n").filter((name) => name.trim() !== "");
  const [off, paused] = [await names("--state-shutoff"), await names("--state-paused")];
  for (const name of off) await virsh("start", name);
  for (const name of paused) await virsh("resume", name);
  return [...off, ...paused];
}
