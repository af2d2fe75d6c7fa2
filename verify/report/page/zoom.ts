/** The visible part of the run, in percent. */
export type Range = readonly [start: number, end: number];

const WHOLE: Range = [0, 100];

/** The part of the view that a zoom step keeps, and that a step to the side moves by. */
const FACTOR = 0.6;
const STRIDE = 0.25;

/** The visible part, moved by buttons, keys or ECharts. */
export class Zoom {
  range: Range = WHOLE;
  readonly #durationMs: number;
  readonly #apply: (range: Range) => void;

  constructor(durationMs: number, apply: (range: Range) => void) {
    this.#durationMs = durationMs;
    this.#apply = apply;
  }

  /** Shows a stretch of the run, in milliseconds, with a margin. */
  show(from: number, to: number): void {
    const margin = (to - from) * 0.04;
    this.#go(((from - margin) / this.#durationMs) * 100, ((to + margin) / this.#durationMs) * 100);
  }

  /** Handles a button's word or a key. @returns whether it moves the view */
  by(word: string): boolean {
    const [start, end] = this.range;
    const width = end - start;
    const middle = (start + end) / 2;
    const around = (half: number) => this.#go(middle - half, middle + half);
    const aside = (way: number) => {
      const shift = Math.min(100 - end, Math.max(-start, way * STRIDE * width));
      this.#go(start + shift, end + shift);
    };
    const moves: Record<string, () => void> = {
      in: () => around((width * FACTOR) / 2),
      "+": () => around((width * FACTOR) / 2),
      out: () => around(width / FACTOR / 2),
      "-": () => around(width / FACTOR / 2),
      all: () => this.#go(...WHOLE),
      "0": () => this.#go(...WHOLE),
      ArrowLeft: () => aside(-1),
      ArrowRight: () => aside(1),
    };
    moves[word]?.();
    return word in moves;
  }

  /** The visible part, as moments of the run. */
  get words(): string {
    const [start, end] = this.range.map((percent) => ((percent / 100) * this.#durationMs) / 1000);
    return `${start?.toFixed(2)} s to ${end?.toFixed(2)} s`;
  }

  /** Records a move that ECharts reports. */
  moved(event: unknown): void {
    const { batch, ...own } = event as { batch?: readonly Partial<Record<"start" | "end", number>>[] } & Partial<
      Record<"start" | "end", number>
    >;
    const { start, end } = batch?.[0] ?? own;
    if (start !== undefined && end !== undefined) this.range = [start, end];
  }

  #go(start: number, end: number): void {
    this.range = [Math.max(0, start), Math.min(100, end)];
    this.#apply(this.range);
  }
}
