import { existsSync } from "node:fs";
import { copyFile, mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type LabHostRef, labHostRef } from "../provision/host/reach.ts";
import { removeOrphans, startServers } from "../provision/host/repair.ts";
import { backendDirectory } from "./environment.ts";
import { CliError } from "./exit-status.ts";
import { must, pulumiDo, selectKnownStack, selectStack } from "./pulumi.ts";
import { releaseDeadLocks } from "./pulumi-lock.ts";
import { brokenSidecars, isJson } from "./sidecars.ts";
import type { StackLock } from "./stack-lock.ts";

/**
 * Prepares a stack for `up` after any interruption: the stack's lock, its state, pending operations, a record of a lab that is gone,
 * unrecorded objects in the lab's libvirt, and servers that are off.
 * @returns the names of servers that were started, and are booting now
 * @throws StackInUseError if a pulumi works on it. Nothing is changed then
 */
export async function prepareStack(lock: StackLock, say: (message: string) => void): Promise<string[]> {
  const { stack } = lock;
  await unlockAndRestore(lock, say);
  await selectStack(stack);
  const { known, host, recorded } = await settlePending(stack, say);
  if (!host) return [];
  if (recorded && !existsSync(host.directory)) {
    // Pulumi would assume that the servers run, and wait for them in vain.
    say("The lab's directory is gone, and the lab with it; removing Pulumi's record of it.");
    const status = await pulumiDo("destroy", stack);
    if (status !== 0) throw new CliError(`\`pulumi destroy\` ended with status ${status}`, status);
    return [];
  }
  // A plain `pulumi up` does not take lvs-lab's lock: objects that it is creating now are no orphans.
  await releaseDeadLocks(lock, say);
  const { removed, left } = await removeOrphans(host, known);
  for (const { what, why } of left) say(`Cannot remove ${what}; it is left. ${why}`);
  for (const { kind, name } of removed)
    say(`The ${kind} ${name} was created by an interrupted run and is not recorded; removing it.`);
  const started = await startServers(host);
  for (const name of started) say(`The server ${name} was not running; starting it.`);
  return started;
}

/**
 * Prepares a stack for `destroy`. Objects in the lab's libvirt are removed with the lab host, so they are not searched.
 * @returns whether Pulumi knows the stack
 * @throws StackInUseError if a pulumi works on it. Nothing is changed then
 */
export async function prepareDestroy(lock: StackLock, say: (message: string) => void): Promise<boolean> {
  await unlockAndRestore(lock, say);
  if (!(await selectKnownStack(lock.stack))) return false;
  await settlePending(lock.stack, say);
  return true;
}

async function unlockAndRestore(lock: StackLock, say: (message: string) => void): Promise<void> {
  await releaseDeadLocks(lock, say);
  const backend = backendDirectory();
  if (backend === undefined) return;
  for (const file of await brokenSidecars(backend, lock.stack)) {
    say(`An earlier pulumi was killed while writing ${file}; removing the file, which is of no use to the stack.`);
    await rm(file, { force: true });
  }
  await restoreCheckpoint(backend, lock.stack, say);
}

/**
 * Removes pending operations from Pulumi's state.
 * @returns the IDs in the state, and the lab host: `recorded` in the state, or still pending
 */
async function settlePending(
  stack: string,
  say: (message: string) => void,
): Promise<{ known: ReadonlySet<string>; host?: LabHostRef; recorded: boolean }> {
  const exported = JSON.parse(await must("stack", "export", "--stack", stack)) as Exported;
  const { resources = [], pending_operations: pending = [] } = exported.deployment;
  if (pending.length > 0) {
    say(
      `An earlier run was interrupted during ${pending.map(({ resource }) => resource.urn.split("::").at(-1)).join(", ")}.`,
    );
    delete exported.deployment.pending_operations;
    await importState(stack, exported);
  }
  const isHost = ({ type }: ExportedResource): boolean => type === "lvs:index:LabHost";
  const recorded = resources.find(isHost);
  const host = recorded ?? pending.map(({ resource }) => resource).find(isHost);
  return {
    known: new Set(resources.flatMap(({ id }) => (id ? [id.split(";")[0] ?? id] : []))),
    host: labHostRef.safeParse(host?.inputs?.host).data,
    recorded: recorded !== undefined,
  };
}

interface Exported {
  deployment: {
    resources?: ExportedResource[];
    pending_operations?: { resource: ExportedResource; type: string }[];
  };
}

interface ExportedResource {
  urn: string;
  type: string;
  id?: string;
  inputs?: Record<string, unknown>;
}

async function importState(stack: string, state: Exported): Promise<void> {
  const directory = await mkdtemp(join(tmpdir(), "lvs-lab-state-"));
  try {
    const file = join(directory, "state.json");
    await writeFile(file, JSON.stringify(state), { mode: 0o600 });
    await must("stack", "import", "--stack", stack, "--file", file);
  } finally {
    await rm(directory, { recursive: true });
  }
}

/** Replaces a state that Pulumi was killed while writing with the newest complete copy. */
async function restoreCheckpoint(backend: string, stack: string, say: (message: string) => void): Promise<void> {
  const checkpoint = join(backend, "stacks/lvs-lab", `${stack}.json`);
  if ((await isJson(checkpoint)) !== false) return;
  const copies = join(backend, "backups/lvs-lab", stack);
  const byAge = (await readdir(copies).catch(() => []))
    .filter((file) => file.endsWith(".json"))
    .sort()
    .reverse();
  for (const copy of [`${checkpoint}.bak`, ...byAge.map((file) => join(copies, file))])
    if (await isJson(copy)) {
      say("An earlier run was killed while writing the stack's state; restoring the last complete copy.");
      await copyFile(copy, checkpoint);
      return;
    }
}
