/** What was measured of one thing that one contender does: one value a run, in the order of the runs. */
export interface Row {
  /** What is measured: `from nothing to served`. Rows of one measure stand side by side. */
  readonly measure: string;
  readonly contender: string;
  readonly unit: Unit;
  readonly values: readonly number[];
}

export type Unit = "s" | "CPU s" | "ms" | "MiB" | "1/s";

export interface Summary {
  readonly median: number;
  readonly min: number;
  readonly max: number;
  readonly runs: number;
}

/** @throws when there is nothing to summarize */
export function summarize(values: readonly number[]): Summary {
  if (values.length === 0) throw new Error("no run was measured");
  const sorted = values.toSorted((one, other) => one - other);
  const half = Math.floor(sorted.length / 2);
  const upper = sorted[half] as number;
  return {
    // Of an even number, the mean of the two in the middle.
    median: sorted.length % 2 === 1 ? upper : ((sorted[half - 1] as number) + upper) / 2,
    min: sorted[0] as number,
    max: sorted.at(-1) as number,
    runs: sorted.length,
  };
}

/** Gathers values into rows, which stand in the order in which each was first heard of. */
export class Ledger {
  readonly #rows = new Map<string, Omit<Row, "values"> & { values: number[] }>();

  add(measure: string, contender: string, value: number, unit: Unit = "s"): void {
    const key = [measure, contender, unit].join("\0");
    const row = this.#rows.get(key) ?? { measure, contender, unit, values: [] };
    row.values.push(value);
    this.#rows.set(key, row);
  }

  rows(): Row[] {
    return [...this.#rows.values()];
  }
}

/** Rows of several ledgers: what was measured in more than one of them is one row. */
export function joined(rows: readonly Row[]): Row[] {
  const ledger = new Ledger();
  for (const { measure, contender, unit, values } of rows)
    for (const value of values) ledger.add(measure, contender, value, unit);
  return ledger.rows();
}

/** The row of a measure and a contender, if it was measured. */
export const rowOf = (rows: readonly Row[], measure: string, contender: string, unit: Unit = "s"): Row | undefined =>
  rows.find((row) => row.measure === measure && row.contender === contender && row.unit === unit);

/**
 * Contenders in the order of a round. Each round begins with another one, so that none is always first on a machine that is cold or last
 * on one that is warm.
 */
export function alternating<T>(contenders: readonly T[], round: number): T[] {
  const shift = contenders.length === 0 ? 0 : round % contenders.length;
  return [...contenders.slice(shift), ...contenders.slice(0, shift)];
}
