/** The result of a command on a server. */
export interface CommandResult {
  readonly stdout: string;
  readonly stderr: string;
  /** Exit status, null if a signal ended it. */
  readonly code: number | null;
  readonly signal: string | null;
  /** How long it took, in milliseconds, the way there and back included. */
  readonly ms: number;
}
