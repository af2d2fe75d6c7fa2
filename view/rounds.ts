import { setTimeout as delay } from "node:timers/promises";

export interface RoundsOptions {
  /** How many looks run at once. */
  readonly atOnce: number;
  /** The least time from the end of a look to the next one at the same lab, in milliseconds. */
  readonly everyMs: number;
  /** A look that takes longer, in milliseconds, gives its place to others, and `overrun` is called. */
  readonly longestMs: number;
  readonly signal: AbortSignal;
  /** Looks at one lab. It tells by itself what it has found. */
  look(key: string): Promise<void>;
  overrun(key: string): void;
}

/** After a look, its lab is left alone for so many times as long as the look took. */
const REST = 3;

/** The longest that a place stays empty after a look, in milliseconds. It stays so as long as the look took. */
const LONGEST_PAUSE_MS = 10_000;

/** How often it is seen whether a look is due, in milliseconds. */
const TICK_MS = 100;

/**
 * Looks at labs in turn, whichever has waited longest. It goes easy on the machine in three ways: so many looks at once; each lab answers for a quarter
 * of the time at most; and each place rests after a look as long as the look took. So looks that take long become rare. A look that hangs keeps nobody
 * from being looked at, and its lab is not looked at again before it has ended.
 */
export class Rounds {
  readonly #options: RoundsOptions;
  /** When each lab is due, by the monotonic clock. A lab that is being looked at is not in it. */
  readonly #due: Map<string, number>;
  /** Labs that are due at once, when the look at them has ended. */
  readonly #again = new Set<string>();

  constructor(keys: readonly string[], options: RoundsOptions) {
    this.#options = options;
    this.#due = new Map(keys.map((key) => [key, 0]));
  }

  /** Looks until the signal. Looks that run then are not waited for. */
  async run(): Promise<void> {
    const { atOnce } = this.#options;
    await Promise.all(Array.from({ length: atOnce }, () => this.#place()));
  }

  /** Has a lab looked at as soon as a place is free: something has happened there. */
  soon(key: string): void {
    if (this.#due.has(key)) this.#due.set(key, 0);
    else this.#again.add(key);
  }

  async #place(): Promise<void> {
    const { signal } = this.#options;
    while (!signal.aborted) {
      const [key, due] = [...this.#due].reduce((first, one) => (one[1] < first[1] ? one : first), ["", Infinity]);
      if (due > performance.now()) {
        await this.#pause(TICK_MS);
        continue;
      }
      this.#due.delete(key);
      const ms = await this.#look(key);
      await this.#pause(Math.min(ms, LONGEST_PAUSE_MS));
    }
  }

  /** @returns how long the place was taken, in milliseconds */
  async #look(key: string): Promise<number> {
    const { look, overrun, everyMs, longestMs, signal } = this.#options;
    const begin = performance.now();
    const looked = look(key).finally(() => {
      const now = performance.now();
      const next = this.#again.delete(key) ? now : now + Math.max(everyMs, REST * (now - begin));
      this.#due.set(key, next);
    });
    const timer = new AbortController();
    const late = delay(longestMs, true, { signal: AbortSignal.any([signal, timer.signal]) }).catch(() => false);
    const isLate = await Promise.race([looked.then(() => false), late]);
    timer.abort();
    if (isLate) overrun(key);
    return performance.now() - begin;
  }

  async #pause(ms: number): Promise<void> {
    await delay(ms, undefined, { signal: this.#options.signal }).catch(() => {});
  }
}
