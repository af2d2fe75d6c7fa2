import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { readdir, stat } from "node:fs/promises";
import { hostname } from "node:os";
import { join } from "node:path";
import { withLock } from "../../setup/lock.mjs";
import { isLivePulumi } from "../processes.ts";
import { lockContent } from "../pulumi-lock.ts";
import { stackLockFile } from "../stack-lock.ts";
import { readRegularFile } from "./backend.ts";

/** How long a lock is waited for: a command that was just killed needs a moment to let go of it. */
const SECONDS = 1;

/** Whether another process holds a lock of setup/lock.mjs. One that cannot be looked at counts as held. */
export const isLocked = (file: string): boolean =>
  existsSync(file) &&
  spawnSync("flock", ["--nonblock", file, "true"], { stdio: "ignore", timeout: SECONDS * 1000, killSignal: "SIGKILL" })
    .status !== 0;

/** Runs `action` while holding such a lock. @throws Error if another process holds it */
export const ifFree = <T>(file: string, action: () => Promise<T>): Promise<T> =>
  withLock(file, action, { seconds: SECONDS });

/** A lock of Pulumi's on a stack. */
export interface PulumiLock {
  readonly stack: string;
  readonly file: string;
  /** `unseen`: it is on another machine, or nothing tells who it is. */
  readonly holder: "live" | "dead" | "unseen";
  /** For people. */
  readonly who: string;
}

/** A file that Pulumi is writing at this moment is whole after so long. */
const WRITING_MS = 1000;

/** The locks that Pulumi has on stacks of the project, in a directory as its backend. */
export async function pulumiLocks(backend: string): Promise<PulumiLock[]> {
  const directory = join(backend, "locks/organization/lvs-lab");
  const found: (PulumiLock | undefined)[] = [];
  // Beside a file may lie another one with its attributes.
  for (const stack of await readdir(directory).catch(() => []))
    for (const name of await readdir(join(directory, stack)).catch(() => []))
      if (!name.endsWith(".attrs")) found.push(await readLock(stack, join(directory, stack, name)));
  return found.filter((lock) => lock !== undefined);
}

/** A lock as it is now; undefined if it is gone. */
export async function readLock(stack: string, file: string): Promise<PulumiLock | undefined> {
  try {
    const {
      pid,
      username,
      hostname: machine,
      timestamp,
    } = lockContent.parse(JSON.parse((await readRegularFile(file)).toString("utf8")));
    const here = machine === hostname();
    const who = `pulumi (PID ${pid}${here ? "" : ` on ${machine}`}, user ${username})`;
    return { stack, file, who, holder: !here ? "unseen" : isLivePulumi(pid, timestamp) ? "live" : "dead" };
  } catch (error) {
    const age = await stat(file).then(
      ({ mtimeMs }) => Date.now() - mtimeMs,
      () => undefined,
    );
    if (age === undefined) return undefined;
    if (!(error instanceof SyntaxError))
      return { stack, file, who: "a pulumi that is not known here", holder: "unseen" };
    // One that was not written whole belongs to the dead.
    return { stack, file, who: "a pulumi that did not finish it", holder: age < WRITING_MS ? "live" : "dead" };
  }
}

/** Whether somebody may be working on a stack at this moment. */
export async function isBusy(stack: string, backend: string | undefined): Promise<boolean> {
  if (isLocked(stackLockFile(stack))) return true;
  const locks = backend === undefined ? [] : await pulumiLocks(backend);
  return locks.some((lock) => lock.stack === stack && lock.holder !== "dead");
}
