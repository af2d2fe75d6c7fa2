import type { RequestSeries } from "../../probe/index.ts";

/** Outcomes of the requests that were due in a stretch of time. Milliseconds. */
export interface Bin {
  readonly from: number;
  readonly to: number;
  readonly answered: number;
  readonly delayed: number;
  readonly failed: number;
}

/** Possible lengths of bins, in intervals between requests. */
const LENGTHS = [1, 2, 3, 5, 10, 15, 20, 30, 50, 75, 100, 150, 200, 300, 500, 750, 1000, 1500, 2000, 3000, 5000];

/** Counts requests by time, reading only the visible ones. Bins are whole intervals long, so that a steady load is a level line. */
export class Binning {
  readonly #due: readonly number[];
  readonly #outcome: readonly number[];
  readonly #intervalMs: number;
  readonly #start: number;

  constructor({ due, outcome }: Pick<RequestSeries, "due" | "outcome">, intervalMs: number) {
    this.#due = due;
    this.#outcome = outcome;
    this.#intervalMs = intervalMs;
    this.#start = due[0] ?? 0;
  }

  /** The bin length that puts at most `most` bins into a stretch of time; milliseconds. */
  length(stretchMs: number, most: number): number {
    const wanted = stretchMs / most / this.#intervalMs;
    return (LENGTHS.find((length) => length >= wanted) ?? Math.ceil(wanted)) * this.#intervalMs;
  }

  /** The bins that overlap a stretch of time, in order; also empty ones between the first and the last request. */
  between(from: number, to: number, lengthMs: number): Bin[] {
    const last = this.#due.at(-1) ?? Number.NEGATIVE_INFINITY;
    const first = Math.max(0, Math.floor((from - this.#start) / lengthMs));
    const bins: Bin[] = [];
    for (let n = first; ; n += 1) {
      const begin = this.#start + n * lengthMs;
      if (begin > Math.min(to, last)) return bins;
      bins.push(this.#bin(begin, begin + lengthMs));
    }
  }

  /** The bin that contains a moment; undefined if no request was due near it. */
  at(moment: number, lengthMs: number): Bin | undefined {
    const begin = this.#start + Math.floor((moment - this.#start) / lengthMs) * lengthMs;
    const bin = this.#bin(begin, begin + lengthMs);
    return bin.answered + bin.delayed + bin.failed > 0 ? bin : undefined;
  }

  #bin(from: number, to: number): Bin {
    const counts: [number, number, number] = [0, 0, 0];
    // Slightly earlier: sums of intervals are not exact.
    const hair = this.#intervalMs / 1000;
    for (
      let index = this.#firstDue(from - hair);
      (this.#due[index] ?? Number.POSITIVE_INFINITY) < to - hair;
      index += 1
    ) {
      const outcome = this.#outcome[index];
      if (outcome === 0 || outcome === 1 || outcome === 2) counts[outcome] += 1;
    }
    return { from, to, answered: counts[0], delayed: counts[1], failed: counts[2] };
  }

  /** The index of the first request that was due at a moment or later. */
  #firstDue(moment: number): number {
    let low = 0;
    let high = this.#due.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((this.#due[middle] ?? 0) < moment) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}
