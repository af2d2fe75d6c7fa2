import { type Phase, phases } from "../../cli/phases.ts";
import { type Spent, stopwatch } from "../harness/machine.ts";

/** When a line of Pulumi's own progress is of a phase. */
const patterns = phases.map(([name, types]) => [name, new RegExp(`\\b(${types.join("|")}) \\S+ created`)] as const);

/** Follows an `up` by what it prints. */
export class PhaseWatch {
  readonly #watch: () => Spent;
  readonly #ends = new Map<string, Spent>();

  constructor(watch = stopwatch()) {
    this.#watch = watch;
  }

  readonly line = (line: string): void => {
    for (const [name, pattern] of patterns) if (pattern.test(line)) this.#ends.set(name, this.#watch());
  };

  /** When a phase had ended, since the start; undefined: no line was of it. */
  end = (phase: Phase): Spent | undefined => this.#ends.get(phase);

  /**
   * What each phase took, from the end of the one before, and last what came after them. Phases of quick servers overlap with those of slow
   * ones: a phase that was over before the one before it took nothing.
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
