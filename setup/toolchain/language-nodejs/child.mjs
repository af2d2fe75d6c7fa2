// @ts-check
import { spawn } from "node:child_process";
import { readFileSync } from "node:fs";

/** How long a program may take to end after SIGINT before it is killed, in ms. The same as in Pulumi's own host. */
const GRACE_MS = 5_000;

/** @type {Set<import("node:child_process").ChildProcess>} */
const running = new Set();

/**
 * Starts a Node process that ends when this host does.
 * @param {string[]} args
 * @param {import("node:child_process").SpawnOptions} options
 * @returns {{ child: import("node:child_process").ChildProcess, end: Promise<{ code: number | null, signal: string | null }> }}
 *   `end` rejects when the process could not be started
 */
export const startNode = (args, options) => {
  const child = spawn(process.execPath, args, options);
  running.add(child);
  /** @type {Promise<{ code: number | null, signal: string | null }>} */
  const end = new Promise((resolve, reject) => {
    child.once("error", reject);
    child.once("close", (code, signal) => {
      running.delete(child);
      resolve({ code, signal });
    });
  });
  return { child, end };
};

/**
 * Interrupts a process, and kills it if it is still there after the grace time.
 * @param {import("node:child_process").ChildProcess} child
 */
export const stop = (child) => {
  child.kill("SIGINT");
  const timer = setTimeout(() => child.kill("SIGKILL"), GRACE_MS);
  child.once("exit", () => clearTimeout(timer));
};

/** Stops every process that was started here. */
export const stopAll = () => {
  for (const child of running) stop(child);
};

/**
 * Ends this host together with its children when the engine is gone (`pulumi` killed, say): the engine is the parent,
 * and a process whose parent has died is given another.
 * @param {number} [intervalMs] how often to look
 */
export const endWithParent = (intervalMs = 500) => {
  const parent = process.ppid;
  setInterval(() => {
    if (process.ppid !== parent || orphaned(parent)) endHost();
  }, intervalMs).unref();
};

/**
 * Whether the engine was gone before this process could look: init adopts orphans, and is the engine only in a container that runs nothing else.
 * @param {number} parent
 */
const orphaned = (parent) => parent === 1 && readFileSync("/proc/1/comm", "utf8").trim() !== "pulumi";

let ending = false;

/** Stops the children, then this process. */
export const endHost = () => {
  if (ending) return;
  ending = true;
  if (running.size === 0) process.exit(0);
  for (const child of running) {
    child.once("close", () => running.size === 0 && process.exit(0));
    stop(child);
  }
};
