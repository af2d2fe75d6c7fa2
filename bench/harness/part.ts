import type { Row } from "./measured.ts";

/** What a part is told. */
export interface Order {
  /** Rounds; in each every contender has its turn once. */
  readonly runs: number;
  /** The lab's own way alone, where contenders take part: all that a guard needs. */
  readonly oursAlone: boolean;
  /** Tells the person at the terminal what is under way. */
  readonly say: (message: string) => void;
}

/** What a part has to tell. */
export interface Outcome {
  readonly rows: readonly Row[];
  readonly notes: readonly string[];
  /** How guests ran, where there were any. */
  readonly acceleration?: string;
}

/** A question to the benchmark, by its name on the command line. */
export interface Part {
  readonly name: string;
  /** One line, for `--help` and the tables. */
  readonly title: string;
  /** Rounds where the command line says nothing. */
  readonly runs: number;
  measure(order: Order): Promise<Outcome>;
}
