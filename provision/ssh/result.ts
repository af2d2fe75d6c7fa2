/** The result of a command on a server. */
export interface CommandResult {
  readonly stdout: string;
  readonly stderr: string;
  /** Exit status, null if a signal ended it. */
  readonly code: number | null;
  readonly signal: string | null;
  /** Duration in milliseconds, including the network round trip. */
  readonly ms: number;
}
