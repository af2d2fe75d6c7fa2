import { spawn } from "node:child_process";
import { once } from "node:events";
import { closeSync, mkdirSync, openSync, readFileSync } from "node:fs";
import { constants } from "node:os";
import { dirname, join } from "node:path";
import { projectRoot } from "../../provision/paths.ts";

/** The program that commands of a class run for each student. */
export const lvsLabProgram = join(projectRoot, "cli/lvs-lab");

/** What a run of `lvs-lab` left. */
export interface Ran {
  readonly status: number;
  readonly stdout: string;
  /** Its last line that says something, as the reason of a failure. */
  readonly lastLine: string;
}

export interface RunOptions {
  /** Where its output goes, standard error too; not there: it is kept. */
  readonly log?: string;
  readonly signal: AbortSignal;
}

/** Runs `lvs-lab` with these arguments. */
export type RunLvsLab = (args: readonly string[], options: RunOptions) => Promise<Ran>;

/**
 * A function that runs `lvs-lab` as a process of its own, without a terminal.
 *
 * The process is the leader of its own process group: Ctrl-C reaches this process alone, which then sends SIGTERM once. A second signal would make
 * pulumi leave in the middle of an operation. It outlives this process if that is killed, and ends its work; its log is a file, not a pipe.
 */
export const lvsLabBy =
  (program: string): RunLvsLab =>
  async (args, { log, signal }) => {
    signal.throwIfAborted();
    const file = log === undefined ? undefined : openLog(log);
    const { LVS_LAB_STACK: _, ...env } = process.env;
    const child = spawn(program, args, {
      env,
      detached: true,
      stdio: file === undefined ? ["ignore", "pipe", "pipe"] : ["ignore", file, file],
    });
    const end = (): void => void child.kill("SIGTERM");
    signal.addEventListener("abort", end);
    let stdout = "";
    let stderr = "";
    child.stdout?.setEncoding("utf8").on("data", (text: string) => (stdout += text));
    child.stderr?.setEncoding("utf8").on("data", (text: string) => (stderr += text));
    try {
      const [code, by] = (await once(child, "close")) as [number | null, NodeJS.Signals | null];
      const said = log === undefined ? stderr || stdout : readFileSync(log, "utf8");
      return { status: code ?? 128 + constants.signals[by ?? "SIGKILL"], stdout, lastLine: lastLineOf(said) };
    } finally {
      signal.removeEventListener("abort", end);
      if (file !== undefined) closeSync(file);
    }
  };

function openLog(log: string): number {
  mkdirSync(dirname(log), { recursive: true, mode: 0o700 });
  return openSync(log, "w", 0o600);
}

/** The last error that `lvs-lab` or `pulumi` tells, else the last line with something in it. */
export function lastLineOf(text: string): string {
  const lines = text
    .split("\n")
    .map((line) => line.trim())
    .filter((line) => line !== "");
  const own = lines.findLastIndex((line) => line.startsWith("lvs-lab: "));
  const pulumis = lines.findLastIndex((line) => /^error: (?!update failed$)/.test(line));
  // Of an `up`, lvs-lab only says that pulumi ended; the reason is what pulumi printed.
  const isEnd = /`pulumi \w+` ended with status/.test(lines[own] ?? "");
  const [index = lines.length - 1] = [...(isEnd ? [pulumis, own] : [own])].filter((one) => one >= 0);
  const line = (lines[index] ?? "").replace(/^(lvs-lab|error): +/, "");
  return line.endsWith(":") ? `${line} ${lines[index + 1] ?? ""}`.trimEnd() : line;
}
