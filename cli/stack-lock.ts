import { existsSync } from "node:fs";
import { readFile, rename, writeFile } from "node:fs/promises";
import { hostname } from "node:os";
import { join } from "node:path";
import { z } from "zod";
import { snapshotDirectory, snapshotsSettled } from "../provision/host/snapshots.ts";
import { labDirectory, stateRoot } from "../provision/paths.ts";
import { LockHeldError, withLock } from "../setup/lock.mjs";
import { exitStatus, StackInUseError } from "./exit-status.ts";
import { lockFiles } from "./pulumi-lock.ts";

/** Proof that this process holds the lock of a stack. */
export interface StackLock {
  readonly stack: string;
  /** The machine's names under which commands that held the lock ran, this one included, as far as one of them may have left a lock of Pulumi's. */
  readonly hostnames: readonly string[];
}

/** How long a lock is waited for: a command that was just killed needs a moment to let go of it. */
const SECONDS = 1;

/** What is noted beside the lock: the command that holds it, and what is to be known of those before. */
const note = z.object({
  holder: z.object({ command: z.string(), pid: z.number(), hostname: z.string(), since: z.string() }).optional(),
  /** See `StackLock`. */
  hostnames: z.array(z.string()).default([]),
});
type Note = z.output<typeof note>;

/** The file that is locked. */
export const stackLockFile = (stack: string): string => fileOf(stack, "lock");

const fileOf = (stack: string, extension: "lock" | "json"): string =>
  join(stateRoot(), "locks", `${stack}.${extension}`);

export interface HoldOptions {
  /** What others are told about the holder; by default this process's command line. */
  readonly command?: string;
  /** Whether to work without the lock where the disk is full or read-only. `say` tells so. */
  readonly unlockedIfFull?: (message: string) => void;
}

/**
 * Runs `work` while no other command of ours changes the stack's lab or breaks it. Commands that only look take no lock.
 * @throws StackInUseError that names the holder, if there is one
 */
export async function holdingStack<T>(
  stack: string,
  work: (lock: StackLock) => Promise<T>,
  { command = `lvs-lab ${process.argv.slice(2).join(" ")}`, unlockedIfFull }: HoldOptions = {},
): Promise<T> {
  let begun = false;
  const held = async (): Promise<T> => {
    begun = true;
    const before = await readNote(stack);
    const hostnames = [
      ...new Set([...before.hostnames, ...(before.holder ? [before.holder.hostname] : []), hostname()]),
    ];
    const holder = { command, pid: process.pid, hostname: hostname(), since: new Date().toISOString() };
    await writeNote(stack, { holder, hostnames });
    // A snapshot goes on to its end when its command is killed.
    if (existsSync(snapshotDirectory(labDirectory(stack)))) await snapshotsSettled(labDirectory(stack));
    try {
      return await work({ stack, hostnames });
    } finally {
      const stillLocked = (await lockFiles(stack).catch(() => [])).length > 0;
      await writeNote(stack, { hostnames: stillLocked ? hostnames : [] });
    }
  };
  try {
    return await withLock(stackLockFile(stack), held, { seconds: SECONDS });
  } catch (error) {
    if (begun) throw error;
    if (error instanceof LockHeldError)
      throw new StackInUseError(inUse(stack, await readNote(stack)), exitStatus.failed, { cause: error });
    if (!unlockedIfFull || !isFull(error)) throw error;
    unlockedIfFull(`The stack could not be locked (${(error as Error).message}); going on without.`);
    return await work({ stack, hostnames: [hostname()] });
  }
}

function inUse(stack: string, { holder }: Note): string {
  if (!holder)
    return `the stack "${stack}" is in use by another command of lvs-lab, which left no note in ${fileOf(stack, "json")}. Fix: wait for it, or end it.`;
  const { command, pid, hostname: machine, since } = holder;
  const where = machine === hostname() ? "" : ` on ${machine}`;
  return `the stack "${stack}" is in use: \`${command}\` (PID ${pid}${where}) has held it since ${since}. Fix: wait for it, or end it.`;
}

/** The note, as far as there is one: a run that was killed may have left anything. */
async function readNote(stack: string): Promise<Note> {
  try {
    return note.parse(JSON.parse(await readFile(fileOf(stack, "json"), "utf8")));
  } catch {
    return { hostnames: [] };
  }
}

/** Notes as much as can be noted: on a full disk the lock itself is what counts. */
async function writeNote(stack: string, value: Note): Promise<void> {
  const file = fileOf(stack, "json");
  try {
    await writeFile(`${file}.new`, `${JSON.stringify(value)}\n`);
    await rename(`${file}.new`, file);
  } catch (error) {
    if (!isFull(error)) throw error;
  }
}

/** Whether the file system refuses to take more. */
const isFull = (error: unknown): boolean =>
  ["ENOSPC", "EDQUOT", "EROFS"].includes((error as NodeJS.ErrnoException).code ?? "");
