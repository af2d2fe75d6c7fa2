import type { View } from "../../live/view.ts";
import type { Observed } from "../observed.ts";
import type { Expectation } from "../scenario.ts";

/** What an expectation came to at one look. */
export interface Verdict {
  readonly ok: boolean;
  /** In words, to stand beside what was expected. */
  readonly seen: string;
}

/** How one kind of expectation is put in words and looked at. */
export interface Judge<E extends Expectation = Expectation> {
  /** Complete enough to be read alone: `server4 alone holds the VIP`. */
  expected(expectation: E, observed: Observed): string;
  look(expectation: E, observed: Observed, view: View): Promise<Verdict> | Verdict;
  /** What to try when it does not hold. */
  readonly hint: string;
}
