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
  /** Called with one line per step. */
  onProgress?: (message: string) => void;
}

/** A directory of the cache with all builds of one kind, each in a directory named by its key. */
export interface Store {
  readonly directory: string;
  /** For messages: "a guest image". */
  readonly what: string;
  /** How to measure a built directory for its manifest. */
  readonly measure: Measure;
}

/** Lock for building and removing in a store. */
export const lockOf = ({ directory }: Store): string => join(directory, ".lock");

/**
 * Working directory of a build. All builds of a store use the same name, under one lock: the next build removes the remains of an
 * interrupted one.
 */
const SCRATCH = ".building";

/** Prefix of a damaged directory that was moved aside. */
const DAMAGED = ".damaged.";

/**
 * Builds a directory of the cache once: of concurrent processes one builds and the others wait. An interrupted build never counts as built.
 * A directory that differs from its manifest is rebuilt.
 * @param options.name the directory's name in the store
 * @param options.build makes the directory `result` in a scratch directory
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
        onProgress?.(`${store.what} in the cache (${directory}) is damaged: ${damage}; rebuilding it`);
      const scratch = join(store.directory, SCRATCH);
      await removeTree(scratch);
      await mkdir(scratch, { recursive: true });
      try {
        await build(scratch);
        const result = join(scratch, "result");
        await writeManifest(result, store.measure);
        // Sync before the rename: after a power loss the directory is complete or missing.
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

/** Whether the store has the directory, unchanged from its manifest. */
export const isBuilt = async (store: Store, name: string): Promise<boolean> =>
  (await exists(join(store.directory, name))) && (await damageIn(store, name)) === undefined;

/** Describes the damage of a directory of the store; undefined if it is intact or missing. */
export async function damageIn(store: Store, name: string): Promise<string | undefined> {
  const directory = join(store.directory, name);
  return (await exists(directory)) ? await damageOf(directory, store.measure) : undefined;
}

/** Renames a directory, so that it does not count as built. Processes that have it mounted keep it. */
export async function moveAside(store: Store, name: string): Promise<void> {
  const directory = join(store.directory, name);
  if (await exists(directory)) await rename(directory, join(store.directory, `${DAMAGED}${name}.${Date.now()}`));
}

/** Remains of interrupted builds and damaged directories in a store. Call it with the store's lock: a build in progress looks the same. */
export async function leftIn(store: Store): Promise<string[]> {
  const names = await readdir(store.directory).catch(() => []);
  return names
    .filter((name) => name === SCRATCH || name.startsWith(DAMAGED))
    .map((name) => join(store.directory, name));
}

/** Removes a directory of the cache unless a process uses it. @returns whether it was removed */
export async function removeUnlessUsed(directory: string): Promise<boolean> {
  if (!(await exists(directory))) return true;
  if (usersOf(directory).length > 0) return false;
  await removeTree(directory);
  return true;
}

/**
 * Runs one command of a build. Its output goes to the scratch directory's log, lines of the form `I: doing something...` to progress. It is
 * killed when this process ends.
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

/** Removes a directory made by a build; an ordinary user's may contain files of subordinate IDs. */
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
