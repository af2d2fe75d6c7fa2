import type { View } from "../live/view.ts";
import { type Expectation, kindOf } from "./expectations/index.ts";
import type { Verdict } from "./expectations/kind.ts";
import type { Observed } from "./observed.ts";

/** How often expectations are looked at, in milliseconds. */
export const lookEveryMs = (expectations: readonly Expectation[]): number =>
  expectations.some((one) => kindOf(one).waitsFor === "ssh") ? 500 : 50;

export interface Look {
  /** What was seen of each, in words. */
  readonly seen: string;
  /** What was seen of those that do not hold; null if all do. */
  readonly failing: string | null;
  /** What to try, if one does not hold. */
  readonly hint: string;
}

/**
 * Looks at all expectations of a step. Answers over SSH take their time, from a server that has just died seconds, and so do requests that
 * hang: what is known here at once is looked at last, or it would be of a moment in which the others were not true yet.
 * @throws whatever makes looking impossible
 */
export async function lookAt(expectations: readonly Expectation[], observed: Observed, view: View): Promise<Look> {
  const verdicts = new Map<Expectation, Verdict>();
  for (const expectation of expectations.toSorted((one, other) => rank(one) - rank(other)))
    verdicts.set(expectation, await kindOf(expectation).look(expectation, observed, view));
  const wordsOf = (ones: readonly Expectation[]) => ones.map((one) => verdicts.get(one)?.seen).join("; ");
  const failing = expectations.filter((one) => !verdicts.get(one)?.ok);
  const last = failing.at(-1);
  return {
    seen: wordsOf(expectations),
    failing: last ? wordsOf(failing) : null,
    hint: last ? kindOf(last).hint : "",
  };
}

function rank(expectation: Expectation): number {
  const { waitsFor } = kindOf(expectation);
  return waitsFor === "ssh" ? 0 : waitsFor === "requests" ? 1 : 2;
}
