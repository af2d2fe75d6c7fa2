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

/** Time to wait for a lock: a command that was just killed needs a moment to release it. */
const SECONDS = 1;

/** Whether another process holds a lock of setup/lock.mjs. An unreadable lock counts as held. */
export const isLocked = (file: string): boolean =>
  existsSync(file) &&
  spawnSync("flock", ["--nonblock", file, "true"], { stdio: "ignore", timeout: SECONDS * 1000, killSignal: "SIGKILL" })
    .status !== 0;

/** Runs `action` while holding the lock. @throws Error if another process holds it */
export const ifFree = <T>(file: string, action: () => Promise<T>): Promise<T> =>
  withLock(file, action, { seconds: SECONDS });

/** A lock by Pulumi on a stack. */
export interface PulumiLock {
  readonly stack: string;
  readonly file: string;
  /** `unseen`: the process is on another machine or cannot be identified. */
  readonly holder: "live" | "dead" | "unseen";
  /** Description for messages. */
  readonly who: string;
}

/** Time after which a file that Pulumi writes is complete. */
const WRITING_MS = 1000;

/** Pulumi's locks on the project's stacks, in a backend directory. */
export async function pulumiLocks(backend: string): Promise<PulumiLock[]> {
  const directory = join(backend, "locks/organization/lvs-lab");
  const found: (PulumiLock | undefined)[] = [];
  // A file may have a second one with its attributes.
  for (const stack of await readdir(directory).catch(() => []))
    for (const name of await readdir(join(directory, stack)).catch(() => []))
      if (!name.endsWith(".attrs")) found.push(await readLock(stack, join(directory, stack, name)));
  return found.filter((lock) => lock !== undefined);
}

/** The current state of a lock; undefined if it is gone. */
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
    if (!(error instanceof SyntaxError)) return { stack, file, who: "an unknown pulumi", holder: "unseen" };
    // An incomplete lock belongs to a process that was killed while writing it.
    return {
      stack,
      file,
      who: "a pulumi that was killed while writing it",
      holder: age < WRITING_MS ? "live" : "dead",
    };
  }
}

/** Whether a command may be working on a stack now. */
export async function isBusy(stack: string, backend: string | undefined): Promise<boolean> {
  if (isLocked(stackLockFile(stack))) return true;
  const locks = backend === undefined ? [] : await pulumiLocks(backend);
  return locks.some((lock) => lock.stack === stack && lock.holder !== "dead");
}
