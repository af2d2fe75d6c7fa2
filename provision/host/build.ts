import { spawn } from "node:child_process";
import { createWriteStream } from "node:fs";
import { access, mkdir, readdir, readFile, rename } from "node:fs/promises";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { withLock } from "../../setup/lock.mjs";
import { asRoot, labEnvironment } from "./machine/namespaces.ts";
import { usersOf } from "./machine/processes.ts";
import { damageOf, type Measure, writeManifest } from "./manifest.ts";

export interface BuildOptions {
  /** Takes one line a step. */
  onProgress?: (message: string) => void;
}

/** A folder of the cache with all built things of one kind, each in a directory that is named by its key. */
export interface Store {
  readonly directory: string;
  /** For people: "a guest image". */
  readonly what: string;
  /** What a built directory's manifest records. */
  readonly measure: Measure;
}

/** The lock of everything that is built or removed in a store. */
export const lockOf = ({ directory }: Store): string => join(directory, ".lock");

/** Where a build works. One name for all builds of a store, under one lock: the next build removes what an interrupted one left. */
const SCRATCH = ".building";

/** A damaged directory, moved out of the way. */
const DAMAGED = ".damaged.";

/**
 * Makes a directory of the cache once: many processes may ask for it at the same time, one builds and the others wait. An interrupted build
 * leaves nothing that counts as built. A directory that is not as its manifest says is built anew.
 *
 * @param options.name the directory's name in the store
 * @param options.build makes the directory `result` in a scratch folder
 * @returns the directory
 */
export async function buildOnce(
  { store, name, build }: { store: Store; name: string; build: (scratch: string) => Promise<unknown> },
  { onProgress }: BuildOptions = {},
): Promise<string> {
  const directory = join(store.directory, name);
  if (await isBuilt(store, name)) return directory;
  await withLock(
    lockOf(store),
    async () => {
      const damage = await damageIn(store, name);
      if (damage === undefined && (await exists(directory))) return;
      if (damage !== undefined)
        onProgress?.(`${store.what} in the cache (${directory}) is damaged: ${damage}; it is built anew`);
      const scratch = join(store.directory, SCRATCH);
      await removeTree(scratch);
      await mkdir(scratch, { recursive: true });
      try {
        await build(scratch);
        const result = join(scratch, "result");
        await writeManifest(result, store.measure);
        // On disk before it has its name: a power loss leaves all of it or nothing.
        await step(["sync", "--file-system", scratch], { scratch, what: store.what });
        await moveAside(store, name);
        await rename(result, directory);
      } finally {
        await removeTree(scratch);
      }
      for (const left of await leftIn(store)) await removeUnlessUsed(left);
    },
    { onWait: () => onProgress?.(`waiting for another build of ${store.what}`) },
  );
  return directory;
}

/** Whether a directory is in the store, as its manifest says. */
export const isBuilt = async (store: Store, name: string): Promise<boolean> =>
  (await exists(join(store.directory, name))) && (await damageIn(store, name)) === undefined;

/** What is wrong with a directory of the store, in words; undefined if nothing is, or it is not there. */
export async function damageIn(store: Store, name: string): Promise<string | undefined> {
  const directory = join(store.directory, name);
  return (await exists(directory)) ? await damageOf(directory, store.measure) : undefined;
}

/** Renames a directory, so that it counts as not built. A process that has it mounted keeps it. */
export async function moveAside(store: Store, name: string): Promise<void> {
  const directory = join(store.directory, name);
  if (await exists(directory)) await rename(directory, join(store.directory, `${DAMAGED}${name}.${Date.now()}`));
}

/** What interrupted builds and damaged directories left in a store. Hold its lock: what is being built looks the same. */
export async function leftIn(store: Store): Promise<string[]> {
  const names = await readdir(store.directory).catch(() => []);
  return names
    .filter((name) => name === SCRATCH || name.startsWith(DAMAGED))
    .map((name) => join(store.directory, name));
}

/** Removes a directory of the cache, unless a process uses it. @returns whether it is gone */
export async function removeUnlessUsed(directory: string): Promise<boolean> {
  if (!(await exists(directory))) return true;
  if (usersOf(directory).length > 0) return false;
  await removeTree(directory);
  return true;
}

/**
 * Runs one command of a build, its output in the scratch folder's log, lines of the form `I: doing something...` as progress. It ends with
 * this process.
 * @throws Error with the command and its last lines when it fails
 */
export async function step(
  command: readonly string[],
  { scratch, what, env = {}, onProgress }: BuildOptions & { scratch: string; what: string; env?: NodeJS.ProcessEnv },
): Promise<void> {
  const log = join(scratch, "log");
  const child = spawn("setpriv", ["--pdeathsig", "KILL", ...command], {
    env: labEnvironment({ LC_ALL: "C", ...env }),
    stdio: ["ignore", "pipe", "pipe"],
  });
  const file = createWriteStream(log, { flags: "a" });
  child.stdout.pipe(file, { end: false });
  child.stderr.pipe(file, { end: false });
  createInterface(child.stderr).on("line", (line) => {
    const [, message] = /^I: (.+)\.\.\.$/.exec(line) ?? [];
    if (message) onProgress?.(message);
  });
  const status = await new Promise<number | NodeJS.Signals | null>((resolve, reject) => {
    child.once("error", (cause) => reject(new Error(`cannot start setpriv (package util-linux)`, { cause })));
    child.once("close", (code, signal) => resolve(code ?? signal));
  });
  await new Promise<void>((resolve) => file.end(() => resolve()));
  if (status === 0) return;
  const tail = (await readFile(log, "utf8")).trimEnd().split("\n").slice(-20).join("\n");
  throw new Error(`Building ${what} failed: \`${command.join(" ")}\` ended with ${status}. Its last lines:\n${tail}`);
}

/** Removes a folder that a build made; an ordinary user's may hold files of subordinate IDs. */
export async function removeTree(directory: string): Promise<void> {
  if (!(await exists(directory))) return;
  const [program = "", ...args] = asRoot(["rm", "--recursive", "--force", "--one-file-system", directory]);
  await new Promise<void>((resolve, reject) => {
    spawn(program, args, { stdio: "inherit", env: labEnvironment() })
      .once("error", reject)
      .once("close", (code) => {
        if (code === 0) resolve();
        else reject(new Error(`cannot remove ${directory}: rm ended with status ${code}`));
      });
  });
}

export const exists = (path: string): Promise<boolean> =>
  access(path).then(
    () => true,
    () => false,
  );
