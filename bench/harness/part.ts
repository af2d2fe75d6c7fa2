import type { Row } from "./measured.ts";

/** Options of a part. */
export interface Order {
  /** Rounds; each contender runs once per round. */
  readonly runs: number;
  /** Only measure the lab's own way, without contenders: enough for the guard. */
  readonly oursAlone: boolean;
  /** Reports progress to the terminal. */
  readonly say: (message: string) => void;
  /** What an earlier run has kept of this part, of this commit and on this machine: a part may go on from there. */
  readonly kept: readonly Row[];
  /** Writes what is measured so far into the record, so that it is kept if the part does not end. */
  readonly keep: (sofar: Outcome) => Promise<void>;
}

/** Result of a part. */
export interface Outcome {
  readonly rows: readonly Row[];
  readonly notes: readonly string[];
  /** How guests ran, if there were any. */
  readonly acceleration?: string;
  /** What the figures should have shown and do not: they are recorded, and the benchmark ends with status 1. */
  readonly failure?: string;
}

/** A part of the benchmark, named on the command line. */
export interface Part {
  readonly name: string;
  /** One line, for `--help` and the tables. */
  readonly title: string;
  /** Default number of rounds. */
  readonly runs: number;
  measure(order: Order): Promise<Outcome>;
}
