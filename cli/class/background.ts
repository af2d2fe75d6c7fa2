import { once } from "node:events";
import { closeSync, mkdirSync, openSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { dirname } from "node:path";
import type { Readable } from "node:stream";
import type { Class } from "../../class/class.ts";
import { startOutliving } from "../../provision/host/machine/namespaces.ts";
import { LockHeldError, withLock } from "../../setup/lock.mjs";
import { CliError, exitStatus } from "../exit-status.ts";
import { lvsLabProgram } from "./lvs-lab.ts";

type AClass = Pick<Class, "name" | "directory" | "file">;

/**
 * Grades in the background: `lvs-lab class grade` with these arguments, as a process that outlives this one and its login. What it prints is kept, of
 * the last one only: see `gradedInBackground`.
 * @throws CliError if one goes on already
 */
export async function gradeInBackground(all: AClass, args: readonly string[], program = lvsLabProgram): Promise<void> {
  const { gradingLock, gradingLog, marksFile } = all.directory;
  if (await isHeld(gradingLock))
    throw new CliError(
      `the class ${all.name} is being graded in the background already. Fix: wait for it; \`npx lvs-lab class marks\` shows how far it is`,
      exitStatus.failed,
    );
  mkdirSync(dirname(gradingLog), { recursive: true, mode: 0o700 });
  const [said, marks] = [openSync(gradingLog, "w", 0o600), openSync(marksFile, "w", 0o600)];
  const grading = [program, "class", "grade", "--file", all.file, ...args];
  // The shell holds the lock, and tells that it does, before there is anything else to see.
  const command = ["flock", gradingLock, "sh", "-c", 'echo begun >&3; exec 3>&-; "$@"', "sh", ...grading];
  const child = await startOutliving(command, `lvs-lab-grading-${all.name}`, {
    stdio: ["ignore", marks, said, "pipe"],
  });
  for (const one of [said, marks]) closeSync(one);
  const pipe = child.stdio[3] as Readable;
  const begun = await Promise.race([once(pipe, "data").then(() => true), once(pipe, "close").then(() => false)]);
  pipe.destroy();
  if (!begun) throw new CliError(`grading did not begin; ${gradingLog} may say why`, exitStatus.failed);
}

/** What grading in the background has printed: the marks, or how far it is. @throws CliError if there was none */
export async function gradedInBackground({
  name,
  directory: { gradingLock, gradingLog, marksFile },
}: AClass): Promise<{ readonly goesOn: boolean; readonly marks: string; readonly progress: string }> {
  const read = (file: string): Promise<string | undefined> => readFile(file, "utf8").catch(() => undefined);
  const goesOn = await isHeld(gradingLock);
  const [marks, progress] = [await read(marksFile), await read(gradingLog)];
  if (marks === undefined || progress === undefined)
    throw new CliError(
      `the class ${name} has not been graded in the background. Fix: npx lvs-lab class grade --background`,
      exitStatus.failed,
    );
  return { goesOn, marks, progress };
}

/** Whether a process holds a lock. */
async function isHeld(lock: string): Promise<boolean> {
  try {
    await withLock(lock, async () => {}, { seconds: 0 });
    return false;
  } catch (error) {
    if (error instanceof LockHeldError) return true;
    throw error;
  }
}
