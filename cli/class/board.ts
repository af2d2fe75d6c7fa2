import { stripVTControlCharacters } from "node:util";
import { type Row, sumOf, tableOf } from "../../class/table.ts";
import type { Outcome, Progress } from "../../class/work.ts";
import { minutes } from "../../verify/report/words.ts";

/** Where progress is shown. */
export interface Out {
  readonly isTTY?: boolean;
  readonly columns?: number;
  readonly rows?: number;
  write(text: string): unknown;
}

/** How often the times of a live table move, in milliseconds. */
const TICK_MS = 1000;

interface Words<T> {
  /** What is done with each student: `bringing up`. */
  readonly doing: string;
  /** What came of it. */
  done(outcome: Extract<Outcome<T>, { state: "done" }>): string;
  failed(error: unknown): string;
}

/**
 * Shows how far a command is with each student: a table that is redrawn in its place on a terminal, elsewhere a line for each thing that happens.
 */
export class Board<T> implements Progress<T> {
  readonly #rows: Map<string, Row>;
  readonly #out: Out;
  readonly #words: Words<T>;
  readonly #timer: NodeJS.Timeout | undefined;
  /** How many lines of the terminal the last table took. */
  #drawn = 0;

  constructor(students: readonly { readonly id: string; readonly name: string }[], out: Out, words: Words<T>) {
    this.#rows = new Map(
      students.map(({ id, name }) => [id, { id, name: stripVTControlCharacters(name), state: "waiting", what: "" }]),
    );
    this.#out = out;
    this.#words = words;
    if (!out.isTTY) return;
    this.#draw();
    this.#timer = setInterval(() => this.#draw(), TICK_MS);
    this.#timer.unref();
  }

  begun(id: string): void {
    this.#change(id, { state: "running", what: this.#words.doing, since: performance.now() });
  }

  at(id: string, what: string): void {
    if (this.#rows.get(id)?.what !== what) this.#change(id, { what });
  }

  ended(outcome: Outcome<T>): void {
    const { id, state } = outcome;
    if (outcome.state === "done")
      this.#change(id, { state, what: `${this.#words.done(outcome)} (${minutes(outcome.ms)})` });
    else if (outcome.state === "failed") this.#change(id, { state, what: this.#words.failed(outcome.error) });
    else this.#change(id, { state, what: "not begun" });
  }

  /** Ends the table. On a terminal it stays where it is, or is wiped off where what comes next says it all. */
  end({ wiped = false }: { readonly wiped?: boolean } = {}): void {
    clearInterval(this.#timer);
    if (this.#out.isTTY && wiped) this.#out.write(this.#back());
    else if (this.#out.isTTY) this.#draw();
    else this.#out.write(`${sumOf([...this.#rows.values()])}\n`);
  }

  #change(id: string, change: Partial<Row>): void {
    const row = this.#rows.get(id);
    if (!row) return;
    this.#rows.set(id, { ...row, ...change });
    if (this.#out.isTTY) this.#draw();
    else if (change.state !== "left") this.#out.write(`${id}: ${change.what}\n`);
  }

  #draw(): void {
    const { columns = 80, rows: lines = 24 } = this.#out;
    const table = tableOf([...this.#rows.values()], { columns, lines, now: performance.now() });
    this.#out.write(`${this.#back()}${table.join("\n")}\n`);
    this.#drawn = table.length;
  }

  /** ECMA-48: CUU to the table's first line, and ED for all below. */
  #back(): string {
    return this.#drawn > 0 ? `\u001b[${this.#drawn}A\r\u001b[J` : "";
  }
}
