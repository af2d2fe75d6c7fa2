// @ts-check
import { spawn } from "node:child_process";
import { closeSync, mkdirSync, openSync } from "node:fs";
import { dirname } from "node:path";

/** Another process holds the lock, and did so to the end of the time that was to be waited. */
export class LockHeldError extends Error {
  /** @override */
  name = "LockHeldError";
}

/** flock's exit status when the lock is held: one that it has no other use for. */
const HELD = 75;

/**
 * Runs `action` while holding an exclusive lock on `file`, which is made if need be and never removed.
 * The lock is flock(2)'s, held by a child that waits on a pipe from this process: the kernel frees it however
 * this process ends, so there is no stale lock to judge.
 *
 * @template T
 * @param {string} file
 * @param {() => Promise<T>} action
 * @param {{ onWait?: () => void, signal?: AbortSignal, seconds?: number }} [options] `onWait` is called once when another process
 *   holds the lock; `signal` ends the waiting; `seconds` is how long to wait at most, without it for ever
 * @returns {Promise<T>}
 * @throws {LockHeldError} when the lock is held and `seconds` are over; the file system's error when the file cannot be made; an error when
 *   flock (package util-linux) cannot be run, or `signal` is aborted while waiting
 */
export const withLock = async (file, action, { onWait, signal, seconds } = {}) => {
  mkdirSync(dirname(file), { recursive: true });
  closeSync(openSync(file, "a")); // by flock it would be an exit status without a reason
  const limit = seconds === undefined ? [] : ["--timeout", String(seconds), "--conflict-exit-code", String(HELD)];
  // A group of its own: Ctrl-C on the terminal must not take the lock away while its holder cleans up.
  const holder = spawn("flock", [...limit, file, "sh", "-c", "echo locked; exec cat"], {
    stdio: ["pipe", "pipe", "inherit"],
    detached: true,
  });
  const ended = new Promise((resolve) => holder.once("close", resolve));
  const waiting = setTimeout(() => onWait?.(), 500);
  const giveUp = () => holder.kill();
  try {
    signal?.addEventListener("abort", giveUp);
    await new Promise((resolve, reject) => {
      holder.stdout.once("data", resolve);
      holder.once("error", (cause) =>
        reject(new Error("cannot lock: flock (package util-linux) did not start", { cause })),
      );
      holder.once("close", (code) =>
        reject(
          code === HELD
            ? new LockHeldError(`${file} is locked by another process`)
            : new Error(`cannot lock ${file}: flock ended with status ${code}`),
        ),
      );
    });
    signal?.removeEventListener("abort", giveUp);
    signal?.throwIfAborted();
    clearTimeout(waiting);
    return await action();
  } finally {
    clearTimeout(waiting);
    signal?.removeEventListener("abort", giveUp);
    holder.stdin.end();
    if (holder.pid !== undefined) await ended;
  }
};
