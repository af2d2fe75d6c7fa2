import type { Lab } from "../../../lab/index.ts";
import type { GuideContext, Unplaced } from "../step.ts";

/** A kind of step that is seen once. */
export interface Edge {
  readonly id: string;
  /** The id of the step before which it comes; not there, or not in the lab: at the end. */
  readonly before?: string;
  appliesTo(lab: Lab): boolean;
  /** Undefined: the lab gives no occasion for it. */
  stepFor(context: GuideContext): Unplaced | undefined;
}
