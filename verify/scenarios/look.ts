import type { View } from "../live/view.ts";
import { type Expectation, kindOf } from "./expectations/index.ts";
import type { Verdict } from "./expectations/kind.ts";
import type { Observed } from "./observed.ts";

/** The interval between looks, in milliseconds. */
export const lookEveryMs = (expectations: readonly Expectation[]): number =>
  expectations.some((one) => kindOf(one).waitsFor === "ssh") ? 500 : 50;

export interface Look {
  /** What each saw, in words. */
  readonly seen: string;
  /** What the failing ones saw; null if all hold. */
  readonly failing: string | null;
  /** What to try if one fails. */
  readonly hint: string;
}

/**
 * Looks at all expectations of a step, the slow ones first: SSH commands take seconds on a server that has just died, and so do requests that
 * hang. Answers that are known here at once come last, so that they are not older than the others.
 * @throws any error that makes looking impossible
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
