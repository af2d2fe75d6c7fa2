/** Measurements of one contender: one value per run, in order. */
export interface Row {
  /** The measure: `from nothing to served`. Rows of one measure stand side by side. */
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

/** @throws when there are no values */
export function summarize(values: readonly number[]): Summary {
  if (values.length === 0) throw new Error("no run was measured");
  const sorted = values.toSorted((one, other) => one - other);
  const half = Math.floor(sorted.length / 2);
  const upper = sorted[half] as number;
  return {
    // With an even number, the mean of the two middle values.
    median: sorted.length % 2 === 1 ? upper : ((sorted[half - 1] as number) + upper) / 2,
    min: sorted[0] as number,
    max: sorted.at(-1) as number,
    runs: sorted.length,
  };
}

/** Collects values into rows, in the order of their first value. */
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

/** Rows of several ledgers; rows of the same measure and contender are merged. */
export function joined(rows: readonly Row[]): Row[] {
  const ledger = new Ledger();
  for (const { measure, contender, unit, values } of rows)
    for (const value of values) ledger.add(measure, contender, value, unit);
  return ledger.rows();
}

/** The row of a measure and a contender, if measured. */
export const rowOf = (rows: readonly Row[], measure: string, contender: string, unit: Unit = "s"): Row | undefined =>
  rows.find((row) => row.measure === measure && row.contender === contender && row.unit === unit);

/**
 * Order of the contenders in a round. Each round starts with another one, so that none is always first on a cold machine or last on a warm
 * one.
 */
export function alternating<T>(contenders: readonly T[], round: number): T[] {
  const shift = contenders.length === 0 ? 0 : round % contenders.length;
  return [...contenders.slice(shift), ...contenders.slice(0, shift)];
}
