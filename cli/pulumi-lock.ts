import { readdir, readFile, rm } from "node:fs/promises";
import { hostname } from "node:os";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { z } from "zod";
import { backendDirectory } from "./environment.ts";
import { StackInUseError } from "./exit-status.ts";
import { staysLivePulumi } from "./processes.ts";

/** Contents of a Pulumi lock: `lockContent` in pkg/backend/diy/lock.go. */
export const lockContent = z.object({
  pid: z.number().int().positive(),
  username: z.string(),
  hostname: z.string(),
  timestamp: z.coerce.date(),
});
type Content = z.output<typeof lockContent>;

/** Time after which a file that Pulumi writes is complete. */
const WRITING_MS = 500;

/**
 * Pulumi's lock files of a stack. Only a directory backend has them; for any other backend there are none. Pulumi treats every file there
 * as a lock, except attribute files.
 */
export async function lockFiles(stack: string): Promise<string[]> {
  const backend = backendDirectory();
  if (backend === undefined) return [];
  const directory = join(backend, "locks/organization/lvs-lab", stack);
  const names = await readdir(directory).catch((error: NodeJS.ErrnoException) => {
    if (error.code === "ENOENT") return [];
    throw error;
  });
  return names.filter((name) => !name.endsWith(".attrs")).map((name) => join(directory, name));
}

/**
 * Removes the locks of killed runs. The caller holds the stack's own lock: a `StackLock`.
 * @throws StackInUseError if a running pulumi, or one that cannot be seen from here, holds the stack. Nothing is changed then
 */
export async function releaseDeadLocks(
  { stack, hostnames }: { readonly stack: string; readonly hostnames: readonly string[] },
  say: (message: string) => void,
): Promise<void> {
  const dead: { file: string; why: string }[] = [];
  for (const file of await lockFiles(stack)) {
    const lock = await readLock(stack, file);
    if (lock === "gone") continue;
    if (lock === "damaged") dead.push({ file, why: `was killed while writing its lock on the stack (${file})` });
    else {
      await assertDead(stack, lock, hostnames);
      dead.push({ file, why: `(PID ${lock.pid}) was killed and left the stack locked` });
    }
  }
  for (const { file, why } of dead) {
    say(`An earlier pulumi ${why}; removing the lock.`);
    for (const name of [file, `${file}.attrs`]) await rm(name, { force: true });
  }
}

async function assertDead(stack: string, lock: Content, hostnames: readonly string[]): Promise<void> {
  const { pid, username, hostname: machine, timestamp } = lock;
  const since = timestamp.toISOString();
  // Under a hostname of an earlier lvs-lab run, the lock was taken on this machine, or in a container that is gone.
  if (machine !== hostname() && !hostnames.includes(machine))
    throw new StackInUseError(
      `the stack "${stack}" is locked: by pulumi on the machine ${machine} (PID ${pid}, user ${username}) since ${since}. Cannot check from ` +
        `here whether it still runs. Fix: wait for it; if it has ended, \`pulumi cancel --yes --stack ${stack}\` removes the lock.`,
    );
  if (await staysLivePulumi(pid, timestamp))
    throw new StackInUseError(
      `the stack "${stack}" is in use: pulumi (PID ${pid}, user ${username}) has held it since ${since}. Fix: wait for it, or end it.`,
    );
}

/** Reads a lock. Retries invalid JSON after a moment: pulumi may be writing it. */
async function readLock(stack: string, file: string): Promise<Content | "gone" | "damaged"> {
  for (const last of [false, true]) {
    try {
      return lockContent.parse(JSON.parse(await readFile(file, "utf8")));
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === "ENOENT") return "gone";
      if (error instanceof z.ZodError)
        throw new StackInUseError(
          `the stack "${stack}" is locked by a pulumi with another lock format (${file}). Fix: wait for it; if it has ended, ` +
            `\`pulumi cancel --yes --stack ${stack}\` removes the lock.`,
        );
      if (!(error instanceof SyntaxError)) throw error;
      if (!last) await delay(WRITING_MS);
    }
  }
  return "damaged";
}
