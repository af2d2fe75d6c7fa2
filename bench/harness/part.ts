import type { Row } from "./measured.ts";

/** Options of a part. */
export interface Order {
  /** Rounds; each contender runs once per round. */
  readonly runs: number;
  /** Only measure the lab's own way, without contenders: enough for the guard. */
  readonly oursAlone: boolean;
  /** Reports progress to the terminal. */
  readonly say: (message: string) => void;
}

/** Result of a part. */
export interface Outcome {
  readonly rows: readonly Row[];
  readonly notes: readonly string[];
  /** How guests ran, if there were any. */
  readonly acceleration?: string;
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
