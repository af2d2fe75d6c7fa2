import type { ProcessOutput } from "zx";
import { HostCommandError } from "../provision/host/command.ts";

/** Number of a failed command's last lines to show. */
const TAIL_LINES = 12;

/** What Node's child_process adds to the error of a command that failed or could not start. */
interface ChildError extends Error {
  /** An exit status, or the name of a system error. */
  readonly code?: number | string | null;
  /** Set by the synchronous functions. */
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
 * Describes the failure of a command that the project ran: the command, its status and its last lines.
 * @returns undefined for any other error
 */
export function commandFailure(error: unknown): string | undefined {
  if (error instanceof HostCommandError) return error.message;
  // zx does not record the command; its error has only the status.
  if (isOfZx(error)) return described("a command", error.exitCode, error.signal, error.stderr || error.stdout);
  if (error instanceof Error) return ofChild(error);
  return undefined;
}

/** Whether zx threw it. Importing zx for `instanceof` would double every command's start-up time. */
const isOfZx = (error: unknown): error is ProcessOutput =>
  Object.prototype.toString.call(error) === "[object ProcessOutput]";

function ofChild(error: ChildError): string | undefined {
  const { code, syscall, path = "", spawnargs = [], stdout = "", stderr = "", signal } = error;
  if (syscall?.startsWith("spawn"))
    return code === "ENOENT"
      ? `the program \`${path}\` is missing. Fix: \`npm run setup\`, or install it`
      : `\`${[path, ...spawnargs].join(" ")}\` cannot be started: ${error.message}`;
  // execFile sets the command as a property; execFileSync only puts it into the message.
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
