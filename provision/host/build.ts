import { spawn } from "node:child_process";
import { createWriteStream } from "node:fs";
import { access, mkdir, readFile, rename } from "node:fs/promises";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { withLock } from "../../tools/lock.mjs";
import { asRoot, labEnvironment } from "./machine/namespaces.ts";

export interface BuildOptions {
  /** Takes one line a step. */
  onProgress?: (message: string) => void;
}

/**
 * Makes a directory of the cache once: many processes may ask for it at the same time, one builds and the others wait. An interrupted build
 * leaves nothing that counts as built.
 *
 * @param options.store the folder of all things of this kind; `name` is the directory's name in it
 * @param options.build makes the directory `result` in a scratch folder
 * @param options.what for people: "a guest image"
 * @returns the directory
 */
export async function buildOnce(
  {
    store,
    name,
    what,
    build,
  }: { store: string; name: string; what: string; build: (scratch: string) => Promise<unknown> },
  { onProgress }: BuildOptions = {},
): Promise<string> {
  const directory = join(store, name);
  if (await exists(directory)) return directory;
  await withLock(
    join(store, ".lock"),
    async () => {
      if (await exists(directory)) return;
      // One name for all builds, under one lock: the next build finds and removes what an interrupted one left.
      const scratch = join(store, ".building");
      await removeTree(scratch);
      await mkdir(scratch, { recursive: true });
      try {
        await build(scratch);
        // On disk before it has its name: a power loss leaves all of it or nothing.
        await step(["sync", "--file-system", scratch], { scratch, what });
        await rename(join(scratch, "result"), directory);
      } finally {
        await removeTree(scratch);
      }
    },
    { onWait: () => onProgress?.(`waiting for another build of ${what}`) },
  );
  return directory;
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
async function removeTree(directory: string): Promise<void> {
  if (!(await exists(directory))) return;
  const [program = "", ...args] = asRoot(["rm", "--recursive", "--force", "--one-file-system", directory]);
  await new Promise<void>((resolve, reject) => {
    spawn(program, args, { stdio: "inherit", env: labEnvironment() })
      .once("error", reject)
      .once("close", (code) => {
        if (code === 0) resolve();
        else reject(new Error(`cannot remove ${directory}, which an interrupted build left: rm ended with ${code}`));
      });
  });
}

export const exists = (path: string): Promise<boolean> =>
  access(path).then(
    () => true,
    () => false,
  );
