import { type Phase, phases } from "../../cli/phases.ts";
import { type Spent, stopwatch } from "../harness/machine.ts";

/** Recognizes a phase's lines in Pulumi's progress output. */
const patterns = phases.map(([name, types]) => [name, new RegExp(`\\b(${types.join("|")}) \\S+ created`)] as const);

/** Follows an `up` by its output. */
export class PhaseWatch {
  readonly #watch: () => Spent;
  readonly #ends = new Map<string, Spent>();

  constructor(watch = stopwatch()) {
    this.#watch = watch;
  }

  readonly line = (line: string): void => {
    for (const [name, pattern] of patterns) if (pattern.test(line)) this.#ends.set(name, this.#watch());
  };

  /** End of a phase since the start; undefined if it had no line. */
  end = (phase: Phase): Spent | undefined => this.#ends.get(phase);

  /**
   * Duration of each phase, from the end of the previous one, and of the rest. Phases of fast and slow servers overlap: a phase that ended
   * before its predecessor took no time.
   */
  spent(): (readonly [string, Spent])[] {
    let before: Spent = { wall: 0, cpu: 0 };
    const since = (at: Spent): Spent => {
      const spent = { wall: Math.max(0, at.wall - before.wall), cpu: Math.max(0, at.cpu - before.cpu) };
      if (at.wall > before.wall) before = at;
      return spent;
    };
    const all = phases.map(([name]) => [name, since(this.#ends.get(name) ?? before)] as const);
    return [...all, ["Pulumi's end", since(this.#watch())]];
  }
}
