import type { ProcessOutput } from "zx";
import { HostCommandError } from "../provision/host/command.ts";

/** How many of a failed command's last lines are shown. */
const TAIL_LINES = 12;

/** What Node adds to the error of a command that it could not start, or that failed: child_process. */
interface ChildError extends Error {
  /** An exit status, or the name of a system error. */
  readonly code?: number | string | null;
  /** Of the functions that wait. */
  readonly status?: number | null;
  readonly signal?: NodeJS.Signals | null;
  readonly syscall?: string;
  readonly path?: string;
  readonly spawnargs?: readonly string[];
  readonly cmd?: string;
  readonly stdout?: string | Buffer;
  readonly stderr?: string | Buffer;
}

/**
 * What is to be said of the failure of a command that the project ran: the command, its status and its last lines.
 * @returns undefined if the error is of another kind
 */
export function commandFailure(error: unknown): string | undefined {
  if (error instanceof HostCommandError) return error.message;
  // zx does not keep the command: its error tells how it ended.
  if (isOfZx(error)) return described("a command", error.exitCode, error.signal, error.stderr || error.stdout);
  if (error instanceof Error) return ofChild(error);
  return undefined;
}

/** Whether zx threw it. It is not imported for that: it would double the start of every command. */
const isOfZx = (error: unknown): error is ProcessOutput =>
  Object.prototype.toString.call(error) === "[object ProcessOutput]";

function ofChild(error: ChildError): string | undefined {
  const { code, syscall, path = "", spawnargs = [], stdout = "", stderr = "", signal } = error;
  if (syscall?.startsWith("spawn"))
    return code === "ENOENT"
      ? `there is no program \`${path}\`. Fix: \`npm run setup\`, or install it`
      : `\`${[path, ...spawnargs].join(" ")}\` could not be started: ${error.message}`;
  // By execFile the command is a property; by execFileSync it is in the message alone.
  const [, command = error.cmd] = /^Command failed: (.+)$/m.exec(error.message) ?? [];
  if (command === undefined) return undefined;
  const status = error.status ?? (typeof code === "number" ? code : null);
  return described(`\`${command}\``, status, signal ?? null, String(stderr) || String(stdout));
}

function described(
  command: string,
  status: number | null,
  signal: NodeJS.Signals | null | undefined,
  output: string,
): string {
  const lines = output.trim().split("\n").slice(-TAIL_LINES).filter(Boolean);
  const end = signal ? `was ended by ${signal}` : `ended with status ${status}`;
  return [
    `${command} ${end}${lines.length > 0 ? ":" : " and printed nothing."}`,
    ...lines.map((line) => `    ${line}`),
  ].join("\n");
}
