// @ts-check
import { spawn } from "node:child_process";
import { closeSync, mkdirSync, openSync } from "node:fs";
import { dirname } from "node:path";

/** Another process held the lock until the timeout. */
export class LockHeldError extends Error {
  /** @override */
  name = "LockHeldError";
}

/** flock's exit status for a held lock: a value that it does not use otherwise. */
const HELD = 75;

/**
 * Runs `action` while holding an exclusive lock on `file`, which is created if needed and never removed. A child process holds the flock(2)
 * lock and waits on a pipe from this process: the kernel releases it however this process ends, so locks never go stale.
 * @template T
 * @param {string} file
 * @param {() => Promise<T>} action
 * @param {{ onWait?: () => void, signal?: AbortSignal, seconds?: number }} [options] `onWait` is called once when another process holds the
 * lock; `signal` ends the wait; `seconds` is the timeout, none by default
 * @returns {Promise<T>}
 * @throws {LockHeldError} when the lock is still held after `seconds`; the file system's error when the file cannot be created; an error
 * when flock (package util-linux) cannot run, or `signal` is aborted during the wait
 */
export const withLock = async (file, action, { onWait, signal, seconds } = {}) => {
  mkdirSync(dirname(file), { recursive: true });
  closeSync(openSync(file, "a")); // flock would hide the reason of a failure
  const limit = seconds === undefined ? [] : ["--timeout", String(seconds), "--conflict-exit-code", String(HELD)];
  // A process group of its own: Ctrl-C must not release the lock while its holder cleans up.
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
