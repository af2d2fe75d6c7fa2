import { existsSync } from "node:fs";
import { copyFile, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { removeOrphans, startServers } from "../provision/host/make-good.ts";
import { type LabHostRef, labHostRef } from "../provision/host/reach.ts";
import { backendDirectory } from "./environment.ts";
import { CliError } from "./exit-status.ts";
import { must, pulumiDo, selectKnownStack, selectStack } from "./pulumi.ts";
import { releaseDeadLocks } from "./pulumi-lock.ts";
import type { StackLock } from "./stack-lock.ts";

/**
 * Makes a stack fit for an `up`, whatever became of the run before: the stack's lock, its state, operations that Pulumi holds for pending, a
 * record of a lab that is gone, things in the lab's libvirt that Pulumi has not heard of, and servers that are off.
 * @throws StackInUseError if a pulumi works on it. Nothing is changed then
 */
export async function prepareStack(lock: StackLock, say: (message: string) => void): Promise<void> {
  const { stack } = lock;
  await unlockAndRestore(lock, say);
  await selectStack(stack);
  const { known, host, recorded } = await settlePending(stack, say);
  if (!host) return;
  if (recorded && !existsSync(host.directory)) {
    // Pulumi would take the servers for running, and wait for them in vain.
    say("The lab's directory is gone, and with it the lab; Pulumi's record of it is taken away.");
    const status = await pulumiDo("destroy", stack);
    if (status !== 0) throw new CliError(`\`pulumi destroy\` ended with status ${status}`, status);
    return;
  }
  // The literal `pulumi up` takes no lock of ours: what it is making at this moment is no orphan.
  await releaseDeadLocks(lock, say);
  const { removed, left } = await removeOrphans(host, known);
  for (const { what, why } of left) say(`This could not be taken away and is left: ${what}. ${why}`);
  for (const { kind, name } of removed)
    say(
      `The ${kind} ${name} was made by a run that was interrupted before it could be recorded; it is taken away and made again.`,
    );
  for (const name of await startServers(host)) say(`The server ${name} was not running; it is started.`);
}

/**
 * Makes a stack fit to be destroyed. What is in the lab's libvirt goes with the lab host, so nothing is looked for there.
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
  await restoreCheckpoint(lock.stack, say);
}

/**
 * Takes the operations out of Pulumi's state that it holds for pending.
 * @returns the ids that the state has, and the lab host, `recorded` in the state or only about to be made
 */
async function settlePending(
  stack: string,
  say: (message: string) => void,
): Promise<{ known: ReadonlySet<string>; host?: LabHostRef; recorded: boolean }> {
  const exported = JSON.parse(await must("stack", "export", "--stack", stack)) as Exported;
  const { resources = [], pending_operations: pending = [] } = exported.deployment;
  if (pending.length > 0) {
    say(
      `An earlier run was interrupted while it was at ${pending.map(({ resource }) => resource.urn.split("::").at(-1)).join(", ")}.`,
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

/** Puts the newest whole copy in the place of a state that Pulumi was killed in the middle of writing. */
async function restoreCheckpoint(stack: string, say: (message: string) => void): Promise<void> {
  const backend = backendDirectory();
  if (backend === undefined) return;
  const isWhole = async (file: string): Promise<boolean> =>
    await readFile(file, "utf8")
      .then(
        (text) => JSON.parse(text) !== null,
        (error) => error.code === "ENOENT",
      )
      .catch(() => false);
  const checkpoint = join(backend, "stacks/lvs-lab", `${stack}.json`);
  if (await isWhole(checkpoint)) return;
  const copies = join(backend, "backups/lvs-lab", stack);
  const byAge = (await readdir(copies).catch(() => []))
    .filter((file) => file.endsWith(".json"))
    .sort()
    .reverse();
  for (const copy of [`${checkpoint}.bak`, ...byAge.map((file) => join(copies, file))])
    if (existsSync(copy) && (await isWhole(copy))) {
      say("An earlier run was killed while it wrote the stack's state; the last whole copy takes its place.");
      await copyFile(copy, checkpoint);
      return;
    }
}
