import type { CommandResult } from "./result.ts";

/** Number of last output lines that an error repeats; the transcript has all of them. */
const LINES = 12;

const lastLines = (text: string): string =>
  text
    .trimEnd()
    .split("\n")
    .slice(-LINES)
    .map((line) => `    ${line}`)
    .join("\n");

/** A command on a server failed with a nonzero status. */
export class RemoteCommandError extends Error {
  override readonly name = "RemoteCommandError";
  readonly result: CommandResult;

  constructor(server: string, command: string, result: CommandResult, transcript: string) {
    const status =
      result.code !== null
        ? `ended with status ${result.code}`
        : result.signal !== null
          ? `was ended by signal ${result.signal}`
          : "was cut off: the connection closed";
    const said = [result.stdout, result.stderr].filter((text) => text.trim() !== "").map(lastLines);
    super(
      [
        `${server}: command ${status}:`,
        `    ${command.length > 600 ? `${command.slice(0, 600)}…` : command}`,
        ...(said.length > 0 ? ["  last output:", ...said] : ["  no output."]),
        `  Transcript of ${server}: ${transcript}. To try the command by hand: npx lvs-lab ssh ${server}`,
      ].join("\n"),
    );
    this.result = result;
  }

  /** Whether the connection closed before the command finished. */
  get cutOff(): boolean {
    return this.result.code === null && this.result.signal === null;
  }
}

/** SSH login failed until the deadline. `cause` is the last attempt's error. */
export class UnreachableError extends Error {
  override readonly name = "UnreachableError";

  constructor(server: string, address: string, seconds: number, cause: unknown, message?: string) {
    super(
      message ??
        `${server} (${address}) did not accept an SSH login within ${seconds} s: ${(cause as Error)?.message ?? cause}. ` +
          `If it is powered off, \`pulumi refresh\` and \`pulumi up\` start it; its console log is in the lab's directory under log/.`,
      { cause },
    );
  }
}

/** A server that does not run, according to libvirt, or whose lab host does not run. No retries. */
export class NotRunningError extends UnreachableError {
  constructor(server: string, address: string, state: string, cause: unknown) {
    super(server, address, 0, cause, `${server} (${address}) does not run: ${state}. \`npm run up\` starts it.`);
  }
}
