import type { ChildProcess } from "node:child_process";
import { once } from "node:events";
import type { LabHost, LabSpawnOptions } from "./access.ts";

/** Output and status of a finished command on a lab host. */
export interface Ended {
  readonly stdout: string;
  readonly stderr: string;
  /** 128 plus the signal number if a signal ended it, as in a shell. */
  readonly status: number;
}

/** A command on a lab host failed with a nonzero status. */
export class HostCommandError extends Error {
  override readonly name = "HostCommandError";
  readonly ended: Ended;

  constructor(at: string, command: readonly string[], ended: Ended) {
    const said = (ended.stderr.trim() || ended.stdout.trim()).split("\n").slice(-12);
    super(
      [
        `on the lab host (${at}), \`${command.join(" ")}\` ended with status ${ended.status}${said[0] ? ":" : " and printed nothing."}`,
        ...said.filter(Boolean).map((line) => `    ${line}`),
      ].join("\n"),
    );
    this.ended = ended;
  }
}

export interface RunOnHostOptions extends Omit<LabSpawnOptions, "stdio" | "detached"> {
  /** Sent to its standard input. */
  readonly input?: string | Uint8Array;
  /** A file descriptor that gets its standard output, which then is not returned. */
  readonly output?: number;
}

/** What a program has printed to its pipes, and its status, once it has ended. */
export async function endedOf(child: ChildProcess): Promise<Ended> {
  const output = { stdout: "", stderr: "" };
  for (const stream of ["stdout", "stderr"] as const)
    child[stream]?.setEncoding("utf8").on("data", (text: string) => {
      output[stream] += text;
    });
  const [code, signal] = (await once(child, "close")) as [number | null, NodeJS.Signals | null];
  return { ...output, status: code ?? 128 + (signal === "SIGKILL" ? 9 : 15) };
}

/** Runs a command on a lab host to its end; returns its status. @throws LabHostDownError when the lab host is down */
export async function tryOnHost(
  host: LabHost,
  at: string,
  command: readonly string[],
  { input, output: target, ...options }: RunOnHostOptions = {},
): Promise<Ended> {
  const child = host.spawn(at, command, { ...options, stdio: ["pipe", target ?? "pipe", "pipe"] });
  child.stdin?.on("error", () => {}); // the command may not read its input
  child.stdin?.end(input);
  const ended = await endedOf(child);
  const failure = ended.status === 0 ? undefined : await host.failureOf?.(child, ended);
  if (failure) throw failure;
  return ended;
}

/** Runs a command on a lab host and returns its output. @throws HostCommandError when its status is not 0 */
export async function runOnHost(
  host: LabHost,
  at: string,
  command: readonly string[],
  options: RunOnHostOptions = {},
): Promise<string> {
  const ended = await tryOnHost(host, at, command, options);
  if (ended.status !== 0) throw new HostCommandError(at, command, ended);
  return ended.stdout;
}
