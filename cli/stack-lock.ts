import { existsSync } from "node:fs";
import { readFile, rename, writeFile } from "node:fs/promises";
import { hostname } from "node:os";
import { join } from "node:path";
import { z } from "zod";
import { snapshotDirectory, snapshotsSettled } from "../provision/host/snapshots.ts";
import { labDirectory, stateRoot } from "../provision/paths.ts";
import { LockHeldError, withLock } from "../setup/lock.mjs";
import { exitStatus, StackInUseError } from "./exit-status.ts";
import { isLive } from "./processes.ts";
import { lockFiles } from "./pulumi-lock.ts";

/** Proof that this process holds a stack's lock. */
export interface StackLock {
  readonly stack: string;
  /** Hostnames under which lock holders ran, including this one, if they may have left a Pulumi lock. */
  readonly hostnames: readonly string[];
}

/** Time to wait for a lock: a command that was just killed needs a moment to release it. */
const SECONDS = 1;

/** File beside the lock: the command that holds it, and data of earlier holders. */
const note = z.object({
  holder: z.object({ command: z.string(), pid: z.number(), hostname: z.string(), since: z.string() }).optional(),
  /** See `StackLock`. */
  hostnames: z.array(z.string()).default([]),
});
type Note = z.output<typeof note>;

/** The lock file. */
export const stackLockFile = (stack: string): string => fileOf(stack, "lock");

const fileOf = (stack: string, extension: "lock" | "json"): string =>
  join(stateRoot(), "locks", `${stack}.${extension}`);

export interface HoldOptions {
  /** The holder's name in messages; default: this process's command line. */
  readonly command?: string;
  /** Works without the lock if the disk is full or read-only, and reports it by `say`. */
  readonly unlockedIfFull?: (message: string) => void;
}

/**
 * Runs `work` while no other lvs-lab command changes or breaks the stack's lab. Read-only commands take no lock.
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
    // A snapshot continues after its command was killed.
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
    unlockedIfFull(`Cannot lock the stack (${(error as Error).message}); continuing without the lock.`);
    return await work({ stack, hostnames: [hostname()] });
  }
}

/**
 * The command line of the command that works on a stack now, such as `lvs-lab up --stack net1.alice`; undefined if there is none. Takes no lock, so
 * that it disturbs no command that asks for it.
 */
export async function commandAtWork(stack: string): Promise<string | undefined> {
  const { holder } = await readNote(stack);
  if (!holder || (holder.hostname === hostname() && !isLive(holder.pid, new Date(holder.since)))) return undefined;
  return holder.command;
}

function inUse(stack: string, { holder }: Note): string {
  if (!holder)
    return `the stack "${stack}" is in use by another lvs-lab command, not recorded in ${fileOf(stack, "json")}. Fix: wait for it, or end it.`;
  const { command, pid, hostname: machine, since } = holder;
  const where = machine === hostname() ? "" : ` on ${machine}`;
  return `the stack "${stack}" is in use: \`${command}\` (PID ${pid}${where}) has held it since ${since}. Fix: wait for it, or end it.`;
}

/** Reads the note; a killed run may have left it incomplete. */
async function readNote(stack: string): Promise<Note> {
  try {
    return note.parse(JSON.parse(await readFile(fileOf(stack, "json"), "utf8")));
  } catch {
    return { hostnames: [] };
  }
}

/** Writes the note if possible: on a full disk the lock itself suffices. */
async function writeNote(stack: string, value: Note): Promise<void> {
  const file = fileOf(stack, "json");
  try {
    await writeFile(`${file}.new`, `${JSON.stringify(value)}\n`);
    await rename(`${file}.new`, file);
  } catch (error) {
    if (!isFull(error)) throw error;
  }
}

/** Whether the file system is full or read-only. */
const isFull = (error: unknown): boolean =>
  ["ENOSPC", "EDQUOT", "EROFS"].includes((error as NodeJS.ErrnoException).code ?? "");
