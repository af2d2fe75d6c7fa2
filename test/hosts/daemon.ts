import { spawn } from "node:child_process";
import { once } from "node:events";
import type { Readable } from "node:stream";

/** A background program that ends with the tests. */
export class Daemon {
  readonly pid: number;
  /** Exit status; null if a signal ended the program. */
  readonly ended: Promise<number | null>;
  readonly #child;

  /**
   * Starts the program. The kernel kills it when this process's main thread ends, so tests must not run in worker threads.
   * @param log file descriptor for its output
   */
  constructor(command: readonly string[], { cwd, env, log }: { cwd: string; env: NodeJS.ProcessEnv; log: number }) {
    this.#child = spawn("setpriv", ["--pdeathsig", "KILL", ...command], {
      stdio: ["ignore", log, log, "pipe"],
      detached: true, // Ctrl-C at the terminal is for vitest alone
      cwd,
      env,
    });
    this.pid = this.#child.pid ?? 0;
    this.ended = new Promise((resolve) => this.#child.once("exit", resolve).once("error", () => resolve(null)));
  }

  get running(): boolean {
    return this.#child.exitCode === null && this.#child.signalCode === null;
  }

  /** Resolves when the program writes to its file descriptor 3, or ends. */
  async ready(): Promise<void> {
    await Promise.race([once(this.#child.stdio[3] as Readable, "data"), this.ended]);
  }

  async kill(): Promise<void> {
    this.#child.kill("SIGKILL");
    await this.ended;
  }
}
