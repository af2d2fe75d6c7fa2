// @ts-check
import { spawn } from "node:child_process";
import { closeSync, createWriteStream, openSync } from "node:fs";
import { createInterface } from "node:readline";
import { SetupError } from "./setup-error.mjs";

/** Number of a failed command's last lines in its error. */
const TAIL_LINES = 20;
/** Time in ms between SIGTERM and SIGKILL. */
const GRACE_MS = 5_000;

/**
 * Runs a program to its end. Its output goes to the step's log, and line by line to `onLine`.
 * @param {[string, ...string[]]} command the program and its arguments; no shell is involved
 * @param {{ log: string, signal: AbortSignal, cwd?: string, env?: NodeJS.ProcessEnv, stdout?: string,
 *   onLine?: (line: string) => void, isProgress?: (line: string) => boolean, remedy?: string }} options `log` is appended to; `env` is
 * added to the environment; `stdout` names a file for the standard output, instead of the log; `remedy` ends the error's message; the error
 * leaves out lines that are only progress
 * @returns {Promise<void>}
 * @throws {SetupError} with the last lines, when the program is missing or fails; the signal's reason when it was aborted
 */
export const run = async ([program, ...args], { log, signal, cwd, env, stdout, onLine, isProgress, remedy }) => {
  signal.throwIfAborted();
  const file = createWriteStream(log, { flags: "a" });
  file.write(`$ ${[program, ...args].join(" ")}\n`);
  // A process group of its own, so that its children end with it.
  const output = stdout ? openSync(stdout, "w") : "pipe";
  const child = spawn(program, args, {
    cwd,
    env: { ...process.env, ...env },
    stdio: ["ignore", output, "pipe"],
    detached: true,
  });
  if (typeof output === "number") closeSync(output);
  /** @type {string[]} */
  const tail = [];
  const take = (/** @type {string} */ line) => {
    file.write(`${line}\n`);
    if (!isProgress?.(line)) tail.push(line);
    if (tail.length > TAIL_LINES) tail.shift();
    onLine?.(line);
  };
  for (const stream of [child.stdout, child.stderr]) if (stream) createInterface(stream).on("line", take);

  const stop = () => {
    signalGroup(child, "SIGTERM");
    const timer = setTimeout(() => signalGroup(child, "SIGKILL"), GRACE_MS);
    child.once("close", () => clearTimeout(timer));
  };
  signal.addEventListener("abort", stop);
  try {
    /** @type {number | string | null} */
    const status = await new Promise((resolve, reject) => {
      child.once("error", (cause) => reject(new SetupError(`${program} cannot be started: ${cause.message}`)));
      child.once("close", (code, killer) => resolve(code ?? killer));
    });
    signal.throwIfAborted();
    if (status !== 0) {
      const lines = tail.map((line) => `    ${line}`).join("\n");
      throw new SetupError(
        `\`${[program, ...args].join(" ")}\` ended with ${status}. Its last lines (full log: ${log}):\n${lines}` +
          (remedy ? `\n${remedy}` : ""),
      );
    }
  } finally {
    signal.removeEventListener("abort", stop);
    await new Promise((resolve) => file.end(resolve));
  }
};

/** @param {import("node:child_process").ChildProcess} child @param {NodeJS.Signals} name */
const signalGroup = (child, name) => {
  try {
    if (child.pid !== undefined) process.kill(-child.pid, name);
  } catch (error) {
    // It has ended, or belongs to sudo, which forwards the signal.
    if (/** @type {NodeJS.ErrnoException} */ (error).code === "EPERM") child.kill(name);
  }
};
