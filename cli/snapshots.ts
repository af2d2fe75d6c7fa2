import { readdir } from "node:fs/promises";
import { basename, join } from "node:path";
import { isDeepStrictEqual } from "node:util";
import diff from "microdiff";
import { z } from "zod";
import { type Lab, withPresentOs } from "../lab/index.ts";
import {
  clientNeighbours,
  deleteSaved,
  loadServers,
  type Saved,
  SnapshotError,
  savedIn,
  saveServers,
  setClientNeighbours,
  snapshotDirectory,
} from "../provision/host/snapshots.ts";
import { labDirectory } from "../provision/paths.ts";
import { setClock, startWaitingClock } from "../provision/ssh/index.ts";
import { injectedIn, Ledger } from "../verify/faults/ledger.ts";
import { type LiveLab, labHost } from "../verify/live/live-lab.ts";
import { domainState } from "../verify/live/power.ts";
import { CliError, exitStatus } from "./exit-status.ts";

/** The snapshot taken by `up --snapshot` and restored by `reset`. Never pruned. */
export const SERVED = "served";

/** Number of snapshots kept besides `served`; the oldest are removed first. */
const KEPT = 5;

/** A snapshot's record, in its own file, which exists only for a complete snapshot. */
const recordSchema = z.object({
  /** 1: recorded by an earlier version; its lab is not compared. */
  version: z.literal([1, 2]),
  name: z.string(),
  /** Its name in the servers' disks. Unique, so that a snapshot can replace another of the same name safely. */
  tag: z.string(),
  takenAt: z.coerce.date(),
  lab: z.custom<Lab>((value) => typeof value === "object" && value !== null),
  /** Each server's `instance`: a recreated server has another disk. */
  instances: z.record(z.string(), z.string()),
  /** The client's ARP cache. */
  neighbours: z.array(z.object({ dst: z.string(), lladdr: z.string() })),
  /** What waits on each server for the time, by name. Older snapshots have none. */
  clocks: z.record(z.string(), z.object({ port: z.number(), token: z.string() })).optional(),
});
export type SnapshotRecord = z.output<typeof recordSchema>;

/** A listed snapshot. */
export interface Snapshot {
  readonly name: string;
  readonly takenAt: Date;
  /** Disk space of the servers' memory. */
  readonly bytes: number;
  /** Reasons why the lab cannot restore it; empty if it can. */
  readonly differences: readonly string[];
}

/** Cost of taking a snapshot. */
export interface Taken {
  /** How long the servers were paused, in milliseconds. */
  readonly stillMs: number;
  readonly bytes: number;
  /** Names of older snapshots that were removed. */
  readonly pruned: readonly string[];
}

/** Names of a stack's snapshots, sorted, from their files alone. */
export const snapshotNames = async (stack: string): Promise<string[]> =>
  (await readdir(snapshotDirectory(labDirectory(stack))).catch(() => []))
    .filter((file) => file.endsWith(".json"))
    .map((file) => basename(file, ".json"))
    .sort();

/** The lab's snapshots, latest first. */
export async function listSnapshots(live: LiveLab): Promise<Snapshot[]> {
  const [records, saved] = await Promise.all([readRecords(live), savedIn(labHost(live), names(live))]);
  return records.map((record) => ({
    name: record.name,
    takenAt: record.takenAt,
    bytes: bytesOf(record.tag, saved),
    differences: differencesOf(record, live, saved),
  }));
}

/**
 * Saves all servers of a lab at one moment; replaces an older snapshot of that name.
 * @throws CliError if a server does not run, a fault is injected, or disk space is short. The lab and its snapshots stay unchanged
 */
export async function takeSnapshot(live: LiveLab, name: string): Promise<Taken> {
  await mustBeWhole(live);
  await mustHaveRoom(live);
  const host = labHost(live);
  const servers = names(live);
  const tag = `${name}-${Date.now().toString(36)}`;
  const record: SnapshotRecord = {
    version: 2,
    name,
    tag,
    takenAt: new Date(),
    lab: live.lab,
    instances: instancesOf(live),
    neighbours: await clientNeighbours(host),
    clocks: Object.fromEntries(
      await Promise.all(live.servers.map(async (server) => [server.name, await startWaitingClock(server)] as const)),
    ),
  };
  const file = recordFile(live, name);
  await host.files.write(`${file}.new`, JSON.stringify(record));
  const { ms } = await saveServers(host, { tag, record: file, servers }).catch(async (error) => {
    await host.files.remove(`${file}.new`);
    throw error instanceof SnapshotError
      ? new CliError(`the lab's servers could not be saved, and run on:\n${error.message}`)
      : error;
  });
  await setClocks(live, record);
  const pruned = await prune(live);
  return { stillMs: ms, bytes: bytesOf(tag, await savedIn(host, servers)), pruned };
}

/**
 * Restores a lab to a snapshot, whatever its servers' current state.
 * @returns milliseconds until all servers ran
 * @throws CliError if there is no such snapshot or the lab has changed since; nothing is changed then
 */
export async function restoreSnapshot(
  live: LiveLab,
  name: string,
  say: (message: string) => void,
): Promise<{ ms: number; takenAt: Date }> {
  const host = labHost(live);
  const [records, saved] = await Promise.all([readRecords(live), savedIn(host, names(live))]);
  const record = records.find((one) => one.name === name);
  if (!record) throw new CliError(noSuch(live, name, records), exitStatus.configuration);
  const found = differencesOf(record, live, saved);
  if (found.length > 0)
    throw new CliError(
      `the lab has changed since the snapshot "${name}":\n${found.map((line) => `  ${line}`).join("\n")}\n` +
        `Fix: restore the old lab file and run \`npm run up -- -s ${live.stack}\`, or take a new snapshot: \`npx lvs-lab snapshot -s ${live.stack} ${name}\``,
      exitStatus.configuration,
    );
  await host.files.write(restoringFile(live), name);
  const [{ ms }] = await Promise.all([
    loadServers(host, {
      tag: record.tag,
      record: restoringFile(live),
      bridges: Object.values(live.bridges),
      servers: names(live),
    }).catch((error) => {
      throw error instanceof SnapshotError
        ? new CliError(
            `cannot restore the lab; its servers stay paused:\n${error.message}\nFix: \`npx lvs-lab restore -s ${live.stack} ${name}\` tries again; \`npm run down -- -s ${live.stack}\` removes the lab`,
          )
        : error;
    }),
    setClientNeighbours(host, record.neighbours),
  ]);
  await setClocks(live, record);
  await new Ledger(live).healAll(say); // fault effects outside the servers
  return { ms, takenAt: record.takenAt };
}

/** Completes a restore that was interrupted: some servers may be in their old state. */
export async function finishRestore(live: LiveLab, say: (message: string) => void): Promise<void> {
  const { files } = labHost(live);
  const name = await files.read(restoringFile(live));
  if (name === undefined) return;
  if (!(await readRecords(live)).some((record) => record.name === name)) return await files.remove(restoringFile(live));
  say(`Going back to the snapshot "${name}" was interrupted; it is finished.`);
  await restoreSnapshot(live, name, say);
}

/** Removes snapshots. @throws CliError if one does not exist; nothing is removed then */
export async function removeSnapshots(live: LiveLab, unwanted: readonly string[]): Promise<void> {
  const records = await readRecords(live);
  for (const name of unwanted)
    if (!records.some((record) => record.name === name))
      throw new CliError(noSuch(live, name, records), exitStatus.configuration);
  for (const name of unwanted) await labHost(live).files.remove(recordFile(live, name));
  await deleteUnknown(live);
}

/** Removes the oldest snapshots beyond the limit, and data without a record. @returns the names of the removed snapshots */
async function prune(live: LiveLab): Promise<string[]> {
  const old = (await readRecords(live)).filter(({ name }) => name !== SERVED).slice(KEPT);
  for (const { name } of old) await labHost(live).files.remove(recordFile(live, name));
  await deleteUnknown(live);
  return old.map(({ name }) => name);
}

/** Deletes data without a record from the disks: removed, replaced or interrupted snapshots. */
async function deleteUnknown(live: LiveLab): Promise<void> {
  const known = new Set((await readRecords(live)).map(({ tag }) => tag));
  const host = labHost(live);
  const saved = await savedIn(host, names(live));
  const unknown = new Set([...saved.values()].flat().flatMap(({ tag }) => (known.has(tag) ? [] : [tag])));
  for (const tag of unknown)
    await deleteSaved(
      host,
      tag,
      names(live).filter((name) => saved.get(name)?.some((one) => one.tag === tag)),
    );
}

const names = ({ servers }: LiveLab): string[] => servers.map(({ name }) => name);
const instancesOf = ({ servers }: LiveLab): Record<string, string> =>
  Object.fromEntries(servers.map(({ name, instance }) => [name, instance]));
const folderOf = (live: LiveLab): string => snapshotDirectory(labHost(live).files.place);
const recordFile = (live: LiveLab, name: string): string => join(folderOf(live), `${name}.json`);
const restoringFile = (live: LiveLab): string => join(folderOf(live), "restoring");

const bytesOf = (tag: string, saved: ReadonlyMap<string, readonly Saved[]>): number =>
  [...saved.values()]
    .flat()
    .filter((one) => one.tag === tag)
    .reduce((sum, { bytes }) => sum + bytes, 0);

/** Records of a lab's snapshots, latest first. Unreadable ones are skipped. */
async function readRecords(live: LiveLab): Promise<SnapshotRecord[]> {
  const { files } = labHost(live);
  const names = (await files.list(folderOf(live))).map(({ name }) => name).filter((name) => name.endsWith(".json"));
  const records = await Promise.all(
    names.map(async (name) => {
      try {
        return recordSchema.parse(JSON.parse((await files.read(join(folderOf(live), name))) ?? ""));
      } catch {
        return undefined;
      }
    }),
  );
  return records
    .filter((record) => record !== undefined)
    .sort((one, other) => other.takenAt.getTime() - one.takenAt.getTime());
}

/** Why a lab cannot restore a snapshot, one line per reason. */
export function differencesOf(
  record: SnapshotRecord,
  live: LiveLab,
  saved: ReadonlyMap<string, readonly Saved[]>,
): string[] {
  if (record.version === 1) return ["it was taken by an earlier version of lvs-lab"];
  const lab = JSON.parse(JSON.stringify(live.lab)) as Lab;
  const changed = diff(byName(withPresentOs(record.lab)), byName(lab)).map((change) => {
    const was = change.type === "CREATE" ? "nothing" : JSON.stringify(change.oldValue);
    const is = change.type === "REMOVE" ? "nothing" : JSON.stringify(change.value);
    return `${change.path.join(".")}: ${was} in the snapshot, ${is} now`;
  });
  if (changed.length > 0) return changed;
  const instances = instancesOf(live);
  if (!isDeepStrictEqual(record.instances, instances))
    return names(live)
      .filter((name) => record.instances[name] !== instances[name])
      .map((name) => `${name} was recreated since`);
  return names(live)
    .filter((name) => !saved.get(name)?.some(({ tag }) => tag === record.tag))
    .map((name) => `${name}'s disk no longer has it`);
}

/** The lab with lists as maps by name, so that differences name their item. */
const byName = ({ networks, servers, services, vrrp, ...lab }: Lab): Record<string, unknown> => ({
  ...lab,
  networks: mapOf(networks, ({ name }) => name),
  servers: mapOf(servers, ({ name }) => name),
  services: mapOf(
    services.map((service) => ({ ...service, realServers: mapOf(service.realServers, ({ server }) => server) })),
    ({ name }) => name,
  ),
  vrrp: mapOf(
    vrrp.map((instance) => ({ ...instance, members: mapOf(instance.members, ({ server }) => server) })),
    ({ name }) => name,
  ),
});

const mapOf = <T>(list: readonly T[], nameOf: (item: T) => string): Record<string, T> =>
  Object.fromEntries(list.map((item) => [nameOf(item), item]));

const noSuch = ({ stack }: LiveLab, name: string, records: readonly SnapshotRecord[]): string =>
  [
    `the lab has no snapshot "${name}"; it has ${records.map((one) => one.name).join(", ") || "none"}.`,
    `Fix: ${name === SERVED ? `\`npm run up -- -s ${stack} --snapshot\`` : `\`npx lvs-lab snapshot -s ${stack} ${name}\``} takes one`,
  ].join("\n");

/** @throws CliError unless every server runs and no fault is injected */
async function mustBeWhole(live: LiveLab): Promise<void> {
  const [fault] = await injectedIn(live.host.directory);
  if (fault)
    throw new CliError(
      `the fault ${fault.fault} is injected on ${fault.server}, and a snapshot cannot hold all of it. Fix: \`npx lvs-lab heal -s ${live.stack}\``,
    );
  for (const name of names(live)) {
    const state = await domainState(live, name);
    if (state !== "running")
      throw new CliError(`${name} does not run: it is ${state}. Fix: \`npm run up -- -s ${live.stack}\``);
  }
}

/** @throws CliError if free disk space is less than the servers' memory may take */
async function mustHaveRoom(live: LiveLab): Promise<void> {
  const free = await labHost(live).files.free();
  const wanted = live.lab.servers.reduce((sum, { memory }) => sum + memory * 2 ** 20, 0);
  if (free < wanted)
    throw new CliError(
      `a snapshot takes up to ${inMegabytes(wanted)} of disk, and ${inMegabytes(free)} are free in the lab's file system. Fix: free disk space; \`npx lvs-lab snapshots -s ${live.stack} --remove NAME\` removes one`,
    );
}

/** A size for messages. */
export const inMegabytes = (bytes: number): string => `${Math.round(bytes / 1e6)} MB`;

/** Sets every server's clock: the pause or restore put it back. */
async function setClocks(live: LiveLab, { clocks }: SnapshotRecord): Promise<void> {
  await Promise.all(live.servers.map((server) => setClock(server, clocks?.[server.name])));
}
