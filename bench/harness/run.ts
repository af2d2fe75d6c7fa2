import { spawn } from "node:child_process";
import { createInterface } from "node:readline";
import { projectRoot } from "../../provision/paths.ts";

export interface RunOptions {
  readonly stdin?: string;
  readonly env?: NodeJS.ProcessEnv;
  /** Working directory; default: the checkout. */
  readonly cwd?: string;
  /** Called with each line of both outputs. */
  readonly onLine?: (line: string) => void;
  /** Accepted exit statuses, in addition to 0. */
  readonly accept?: readonly number[];
}

/**
 * Runs a command to its end. @returns its standard output
 * @throws Error with its last output, when its status is neither 0 nor one of `accept`
 */
export async function run([file = "", ...args]: readonly string[], options: RunOptions = {}): Promise<string> {
  const { stdin, env, cwd = projectRoot, onLine, accept = [] } = options;
  const child = spawn(file, args, {
    cwd,
    env: { ...process.env, ...env },
    stdio: ["pipe", "pipe", "pipe"],
  });
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
  });
  const command = [file, ...args].join(" ");
  if (status !== 0 && !(typeof status === "number" && accept.includes(status)))
    throw new Error(
      `${command.length > 300 ? `${command.slice(0, 300)}…` : command} ended with status ${status}:\n${said.slice(-40).join("\n")}`,
    );
  return stdout.map((line) => `${line}\n`).join("");
}
