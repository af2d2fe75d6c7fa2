import { once } from "node:events";
import { readFileSync } from "node:fs";
import { mkdir, open, readFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { withLock } from "../../setup/lock.mjs";
import { CLIENT, type LabHost, SEGMENT, type SharedLibvirt } from "./access.ts";
import { runOnHost, tryOnHost } from "./command.ts";
import { type Saved, SNAPSHOTS_AT, savedInQcow2, TABLE_BYTES } from "./snapshot-table.ts";
import { domainsOf, virshCommand } from "./virsh.ts";

export type { Saved } from "./snapshot-table.ts";

const SCRIPT = readFileSync(new URL("snapshots.sh", import.meta.url), "utf8");

/** The directory of a lab's snapshots, inside the lab's directory. */
export const snapshotDirectory = (labDirectory: string): string => join(labDirectory, "snapshots");

/** How long a save or a load may continue after its command was killed, in seconds. */
const SETTLE_SECONDS = 60;

/** Waits for a save or load that a killed command left running. */
export async function snapshotsSettled(labDirectory: string): Promise<void> {
  await withLock(join(snapshotDirectory(labDirectory), "lock"), async () => {}, { seconds: SETTLE_SECONDS });
}

/** Result of a save or load of all servers. */
export interface Done {
  /** Milliseconds from the first server's pause until the last one runs again. */
  readonly ms: number;
}

/** The servers could not be saved or loaded; the message holds QEMU's and libvirt's output. */
export class SnapshotError extends Error {
  override readonly name = "SnapshotError";
}

/**
 * Saves memory and disks of all servers at one moment under `tag`; the servers pause meanwhile. `record`: a file that exists as
 * `record.new`; it is renamed once all servers are saved. @throws SnapshotError; the servers then continue, and nothing is saved
 */
export const saveServers = async (
  host: LabHost,
  { tag, record, servers }: { tag: string; record: string; servers: readonly string[] },
): Promise<Done> => await inHost(host, "save", tag, record, ...(await domainsOf(host, servers)));

/**
 * Restores all servers to the moment saved under `tag`, whatever their current state. `record`: a file that is removed when all servers are
 * restored. @throws SnapshotError; the servers then stay paused, and `record` stays
 */
export const loadServers = async (
  host: LabHost,
  {
    tag,
    record,
    bridges,
    servers,
  }: { tag: string; record: string; bridges: readonly string[]; servers: readonly string[] },
): Promise<Done> => await inHost(host, "load", tag, record, bridges.join(","), ...(await domainsOf(host, servers)));

/** Removes the data saved under `tag`. */
export const deleteSaved = async (host: LabHost, tag: string, servers: readonly string[]): Promise<Done> =>
  await inHost(host, "delete", tag, ...(await domainsOf(host, servers)));

/** Runs the script in its own session, so that it survives a killed command. */
async function inHost(host: LabHost, verb: string, tag: string, ...words: string[]): Promise<Done> {
  const path = join(host.directory, "log", `snapshot-${verb}.log`);
  await mkdir(dirname(path), { recursive: true });
  const log = await open(path, "w");
  try {
    const command = ["bash", "-c", SCRIPT, "snapshots.sh", verb, host.files.place, tag, ...words];
    const env = host.shared ? { LVS_LIBVIRT: host.shared.uri } : {};
    const child = host.spawn(SEGMENT, command, { detached: true, stdio: ["ignore", log.fd, log.fd], env });
    const [status] = (await once(child, "close")) as [number | null];
    const said = (await readFile(path, "utf8")).trim();
    const [, ms] = /^milliseconds: (\d+)$/m.exec(said) ?? [];
    if (status !== 0 || ms === undefined) throw new SnapshotError(said.split("\n").slice(-8).join("\n") || "no output");
    return { ms: Number(ms) };
  } finally {
    await log.close();
  }
}

/** The moments saved in each server's disk, by server name. Empty for a server without a disk. */
export async function savedIn(host: LabHost, servers: readonly string[]): Promise<Map<string, Saved[]>> {
  const { shared } = host;
  if (shared)
    return new Map(
      await Promise.all(
        servers.map(async (server): Promise<[string, Saved[]]> => [server, await savedInVolume(host, shared, server)]),
      ),
    );
  const script = `pool=$1; shift
    for server; do qemu-img info --force-share --output=json "$pool/$server.qcow2" 2>/dev/null | tr -d '\\n'; echo; done`;
  const pool = join(host.files.place, "pool");
  const lines = (await runOnHost(host, SEGMENT, ["bash", "-c", script, "bash", pool, ...servers])).split("\n");
  return new Map(
    servers.map((server, index) => {
      const text = lines[index];
      const { snapshots = [] } = (text ? JSON.parse(text) : {}) as QemuImgInfo;
      return [server, snapshots.map((one) => ({ tag: one.name, bytes: one["vm-state-size"] }))];
    }),
  );
}

/** The same of a disk that libvirt alone can open: it gives away the parts of the file that say it. */
async function savedInVolume(host: LabHost, { names }: SharedLibvirt, server: string): Promise<Saved[]> {
  const read = async (offset: number, length: number): Promise<Buffer | undefined> => {
    const download = virshCommand(host, "vol-download", "--pool", names.pool, `${server}.qcow2`);
    // virsh writes to a file alone, and what it gets is no text.
    const script = 'f=$(mktemp) && trap \'rm -f "$f"\' EXIT && "$@" --file "$f" && base64 --wrap 0 "$f"';
    const range = ["--offset", String(offset), "--length", String(length)];
    const { status, stdout } = await tryOnHost(host, SEGMENT, ["bash", "-c", script, "bash", ...download, ...range]);
    return status === 0 ? Buffer.from(stdout, "base64") : undefined;
  };
  const header = await read(0, SNAPSHOTS_AT.headerBytes);
  if (!header) return [];
  const { count, offset } = SNAPSHOTS_AT.of(header);
  if (count === 0) return [];
  const table = await read(offset, TABLE_BYTES);
  return table ? savedInQcow2(table, count) : [];
}

/** The fields used from `qemu-img info --output=json`. */
interface QemuImgInfo {
  readonly snapshots?: readonly { readonly name: string; readonly "vm-state-size": number }[];
}

/** An entry of the ARP cache: ip-neighbour(8). */
export interface Neighbour {
  readonly dst: string;
  readonly lladdr: string;
}

/** The client's ARP cache. */
export async function clientNeighbours(host: LabHost): Promise<Neighbour[]> {
  const seen = JSON.parse(await runOnHost(host, CLIENT, ["ip", "-json", "-4", "neighbour", "show", "dev", "eth0"])) as {
    dst: string;
    lladdr?: string;
  }[];
  return seen.flatMap(({ dst, lladdr }) => (lladdr === undefined ? [] : [{ dst, lladdr }]));
}

/** Restores the client's ARP cache. Entries are stale: the client uses them and verifies them. */
export async function setClientNeighbours(host: LabHost, neighbours: readonly Neighbour[]): Promise<void> {
  const lines = neighbours.map(({ dst, lladdr }) => `neighbour replace ${dst} lladdr ${lladdr} dev eth0 nud stale`);
  const input = ["neighbour flush dev eth0", ...lines, ""].join("\n");
  await runOnHost(host, CLIENT, ["ip", "-batch", "-"], { input });
}
