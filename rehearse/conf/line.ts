/** A line of a file. */
export interface Place {
  /** Relative to the folder that is read. */
  readonly file: string;
  /** From 1. */
  readonly line: number;
}

/**
 * A line of a configuration, as keepalived takes it: without comments, its conditions decided, its parameters replaced. A brace outside of quotes is a
 * line of its own.
 */
export interface Line extends Place {
  readonly text: string;
}
