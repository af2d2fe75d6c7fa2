import { mkdir, readdir, readFile, rm, statfs, writeFile } from "node:fs/promises";
import { basename, join } from "node:path";
import { isDeepStrictEqual } from "node:util";
import diff from "microdiff";
import { z } from "zod";
import type { Lab } from "../lab/index.ts";
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
import { prepareConnections, setClock } from "../provision/ssh/index.ts";
import { injectedIn, Ledger } from "../verify/faults/ledger.ts";
import { type LiveLab, labHost } from "../verify/live/live-lab.ts";
import { domainState } from "../verify/live/power.ts";
import { CliError, exitStatus } from "./exit-status.ts";

/** The snapshot that `up --snapshot` takes and `reset` goes back to. It is never pruned. */
export const SERVED = "served";

/** How many snapshots a lab keeps beside `served`; the oldest go first. */
const KEPT = 5;

/** What a snapshot may be called. */
export const isSnapshotName = (text: string): boolean => /^[a-z0-9][a-z0-9-]{0,39}$/.test(text);
export const snapshotNameRule =
  "A snapshot's name has lower-case letters, digits and hyphens, begins with a letter or digit, and is at most 40 characters long.";

/** What is noted of a snapshot, in a file of its own: that is there when all of the snapshot is. */
const recordSchema = z.object({
  /** 1: of a lab in an earlier form, which is not compared. */
  version: z.literal([1, 2]),
  name: z.string(),
  /** What the servers' disks call it: another one each time, so that a name can be taken again without losing the old one before. */
  tag: z.string(),
  takenAt: z.coerce.date(),
  lab: z.custom<Lab>((value) => typeof value === "object" && value !== null),
  /** Each server's `instance`: a server that was made anew has another disk. */
  instances: z.record(z.string(), z.string()),
  /** The client's ARP cache. */
  neighbours: z.array(z.object({ dst: z.string(), lladdr: z.string() })),
});
export type SnapshotRecord = z.output<typeof recordSchema>;

/** A snapshot, as it is listed. */
export interface Snapshot {
  readonly name: string;
  readonly takenAt: Date;
  /** What the servers' memory takes of the disk. */
  readonly bytes: number;
  /** Why the lab cannot go back to it, a reason each; none if it can. */
  readonly differences: readonly string[];
}

/** What a snapshot cost. */
export interface Taken {
  /** How long the servers stood still, in milliseconds. */
  readonly stillMs: number;
  readonly bytes: number;
  /** The names of older ones that were removed for it. */
  readonly pruned: readonly string[];
}

/** The names of a stack's snapshots, sorted, by their files alone. */
export const snapshotNames = async (stack: string): Promise<string[]> =>
  (await readdir(snapshotDirectory(labDirectory(stack))).catch(() => []))
    .filter((file) => file.endsWith(".json"))
    .map((file) => basename(file, ".json"))
    .sort();

/** The lab's snapshots, the latest first. */
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
 * Saves all servers of a lab at one moment, in the place of an older snapshot of that name.
 * @throws CliError if a server does not run, a fault is injected, or the disk has too little room. The lab and its snapshots are as before
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
  };
  const file = recordFile(live, name);
  await mkdir(snapshotDirectory(host.directory), { recursive: true, mode: 0o700 });
  await writeFile(`${file}.new`, JSON.stringify(record), { mode: 0o600 });
  const { ms } = await saveServers(host, { tag, record: file, servers }).catch(async (error) => {
    await rm(`${file}.new`, { force: true });
    throw error instanceof SnapshotError
      ? new CliError(`the lab's servers could not be saved, and run on:\n${error.message}`)
      : error;
  });
  await setClocks(live);
  const pruned = await prune(live);
  return { stillMs: ms, bytes: bytesOf(tag, await savedIn(host, servers)), pruned };
}

/**
 * Brings a lab back to a snapshot, whatever became of its servers since.
 * @returns how long it took until all servers ran, in milliseconds
 * @throws CliError if there is no such snapshot or the lab is another one by now; nothing is changed then
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
      `the lab is not the one of the snapshot "${name}":\n${found.map((line) => `  ${line}`).join("\n")}\n` +
        `Fix: make the lab file what it was and run \`npm run up -- -s ${live.stack}\`, or take a new snapshot: \`npx lvs-lab snapshot -s ${live.stack} ${name}\``,
      exitStatus.configuration,
    );
  await prepareConnections();
  await writeFile(restoringFile(live), name, { mode: 0o600 });
  // While the servers stand still nobody changes it.
  await setClientNeighbours(host, record.neighbours);
  const { ms } = await loadServers(host, {
    tag: record.tag,
    record: restoringFile(live),
    bridges: Object.values(live.bridges),
    servers: names(live),
  }).catch((error) => {
    throw error instanceof SnapshotError
      ? new CliError(
          `the lab could not be brought back, and its servers stand still:\n${error.message}\nFix: \`npx lvs-lab restore -s ${live.stack} ${name}\` tries again; \`npm run down -- -s ${live.stack}\` takes the lab away`,
        )
      : error;
  });
  await setClocks(live);
  await new Ledger(live).healAll(say); // what a fault has done outside of the servers
  return { ms, takenAt: record.takenAt };
}

/** Goes on with a restore that the machine's end, or a failure, has broken off: some of the servers may be those of before. */
export async function finishRestore(live: LiveLab, say: (message: string) => void): Promise<void> {
  const name = await readFile(restoringFile(live), "utf8").catch(() => undefined);
  if (name === undefined) return;
  if (!(await readRecords(live)).some((record) => record.name === name)) return await rm(restoringFile(live));
  say(`Going back to the snapshot "${name}" was interrupted; it is finished.`);
  await restoreSnapshot(live, name, say);
}

/** Removes snapshots. @throws CliError if there is none of such a name; nothing is removed then */
export async function removeSnapshots(live: LiveLab, unwanted: readonly string[]): Promise<void> {
  const records = await readRecords(live);
  for (const name of unwanted)
    if (!records.some((record) => record.name === name))
      throw new CliError(noSuch(live, name, records), exitStatus.configuration);
  for (const name of unwanted) await rm(recordFile(live, name));
  await deleteUnknown(live);
}

/** Removes the oldest beyond those that are kept, and what no record names. @returns the names of those removed */
async function prune(live: LiveLab): Promise<string[]> {
  const old = (await readRecords(live)).filter(({ name }) => name !== SERVED).slice(KEPT);
  for (const { name } of old) await rm(recordFile(live, name));
  await deleteUnknown(live);
  return old.map(({ name }) => name);
}

/** Deletes from the disks what no snapshot's record names: removed ones, ones whose name was taken again, ones that were cut off. */
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
const recordFile = (live: LiveLab, name: string): string =>
  join(snapshotDirectory(live.host.directory), `${name}.json`);
const restoringFile = (live: LiveLab): string => join(snapshotDirectory(live.host.directory), "restoring");

const bytesOf = (tag: string, saved: ReadonlyMap<string, readonly Saved[]>): number =>
  [...saved.values()]
    .flat()
    .filter((one) => one.tag === tag)
    .reduce((sum, { bytes }) => sum + bytes, 0);

/** The records of a lab's snapshots, the latest first. One that cannot be read is none. */
async function readRecords(live: LiveLab): Promise<SnapshotRecord[]> {
  const directory = snapshotDirectory(live.host.directory);
  const files = (await readdir(directory).catch(() => [])).filter((file) => file.endsWith(".json"));
  const records = await Promise.all(
    files.map(async (file) => {
      try {
        return recordSchema.parse(JSON.parse(await readFile(join(directory, file), "utf8")));
      } catch {
        return undefined;
      }
    }),
  );
  return records
    .filter((record) => record !== undefined)
    .sort((one, other) => other.takenAt.getTime() - one.takenAt.getTime());
}

/** Why a lab cannot go back to a snapshot, a line each. */
export function differencesOf(
  record: SnapshotRecord,
  live: LiveLab,
  saved: ReadonlyMap<string, readonly Saved[]>,
): string[] {
  if (record.version === 1)
    return ["it was taken by an earlier version of this project, which described labs in another form"];
  const lab = JSON.parse(JSON.stringify(live.lab)) as Lab;
  const changed = diff(byName(record.lab), byName(lab)).map((change) => {
    const was = change.type === "CREATE" ? "nothing" : JSON.stringify(change.oldValue);
    const is = change.type === "REMOVE" ? "nothing" : JSON.stringify(change.value);
    return `${change.path.join(".")}: ${was} in the snapshot, ${is} now`;
  });
  if (changed.length > 0) return changed;
  const instances = instancesOf(live);
  if (!isDeepStrictEqual(record.instances, instances))
    return names(live)
      .filter((name) => record.instances[name] !== instances[name])
      .map((name) => `${name} was made anew since`);
  return names(live)
    .filter((name) => !saved.get(name)?.some(({ tag }) => tag === record.tag))
    .map((name) => `${name}'s disk no longer holds it`);
}

/** A lab whose lists are maps by name, for a difference to name what differs. */
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
      `the fault ${fault.fault} is injected on ${fault.server}, and part of it would stay out of the snapshot. Fix: \`npx lvs-lab heal -s ${live.stack}\``,
    );
  for (const name of names(live)) {
    const state = await domainState(live, name);
    if (state !== "running")
      throw new CliError(`${name} does not run: it is ${state}. Fix: \`npm run up -- -s ${live.stack}\``);
  }
}

/** @throws CliError if the disk has less room than the servers' memory may take */
async function mustHaveRoom(live: LiveLab): Promise<void> {
  const { bavail, bsize } = await statfs(live.host.directory);
  const [free, wanted] = [bavail * bsize, live.lab.servers.reduce((sum, { memory }) => sum + memory * 2 ** 20, 0)];
  if (free < wanted)
    throw new CliError(
      `a snapshot takes up to ${inMegabytes(wanted)} of disk, and ${inMegabytes(free)} are free where the lab is. Fix: make room there; \`npx lvs-lab snapshots -s ${live.stack} --remove NAME\` removes one`,
    );
}

/** A size for people. */
export const inMegabytes = (bytes: number): string => `${Math.round(bytes / 1e6)} MB`;

/** Sets every server's clock, which stood still or went back. */
async function setClocks(live: LiveLab): Promise<void> {
  await Promise.all(live.servers.map((server) => setClock(server)));
}
