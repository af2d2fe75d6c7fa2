import { spawn } from "node:child_process";
import { createInterface } from "node:readline";
import { projectRoot } from "../../provision/paths.ts";
import { interruption } from "./interruption.ts";

export interface RunOptions {
  readonly stdin?: string;
  readonly env?: NodeJS.ProcessEnv;
  /** Working directory; default: the checkout. */
  readonly cwd?: string;
  /** Called with each line of both outputs. */
  readonly onLine?: (line: string) => void;
  /** Accepted exit statuses, in addition to 0. */
  readonly accept?: readonly number[];
  /** It takes away what was made: it runs after an interruption, too, and is not ended by one. */
  readonly removes?: boolean;
}

/**
 * Runs a command to its end, or to an interruption. @returns its standard output
 * @throws Interrupted, or Error with its last output, when its status is neither 0 nor one of `accept`
 */
export async function run([file = "", ...args]: readonly string[], options: RunOptions = {}): Promise<string> {
  const { stdin, env, cwd = projectRoot, onLine, accept = [], removes = false } = options;
  if (!removes) interruption.throwIfAborted();
  const child = spawn(file, args, {
    cwd,
    env: { ...process.env, ...env },
    stdio: ["pipe", "pipe", "pipe"],
  });
  // Ctrl-C reaches it without this; another signal is for this process alone.
  const end = () => child.kill("SIGTERM");
  if (!removes) interruption.addEventListener("abort", end);
  const said: string[] = [];
  const stdout: string[] = [];
  createInterface(child.stdout).on("line", (line) => {
    stdout.push(line);
    said.push(line);
    onLine?.(line);
  });
  createInterface(child.stderr).on("line", (line) => {
    said.push(line);
    onLine?.(line);
  });
  child.stdin.on("error", () => {}); // a command that does not read its input; its status tells
  child.stdin.end(stdin ?? "");
  const status = await new Promise<number | NodeJS.Signals | null>((resolve, reject) => {
    child.once("error", (cause) => reject(new Error(`${file} could not be started: ${cause.message}`)));
    child.once("close", (code, signal) => resolve(code ?? signal));
  }).finally(() => interruption.removeEventListener("abort", end));
  if (!removes) interruption.throwIfAborted();
  const command = [file, ...args].join(" ");
  if (status !== 0 && !(typeof status === "number" && accept.includes(status)))
    throw new Error(
      `${command.length > 300 ? `${command.slice(0, 300)}…` : command} ended with status ${status}:\n${said.slice(-40).join("\n")}`,
    );
  return stdout.map((line) => `${line}\n`).join("");
}
