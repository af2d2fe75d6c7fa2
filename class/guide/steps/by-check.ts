import type { Check } from "../../../verify/checks/check.ts";
import type { Subject } from "../../../verify/checks/subjects.ts";
import { checkByHand, hostsOf, lookByHand } from "../hand.ts";
import type { Looks } from "../look.ts";
import type { GuideContext, Recognised, Typed, Unplaced } from "../step.ts";

/** What the look alone says against a subject of a check: see `Recognised`. */
export type Against = (context: GuideContext, looks: Looks, subject: Subject, before: boolean) => string | undefined;

/**
 * A level that a check of the lab recognises, so that every way that the check accepts is accepted. Its texts are the check's.
 * @param explained the commands of `lvs-lab explain` that it shows; none: it follows from other steps, and one looks
 */
export function byCheck(
  context: GuideContext,
  check: Check,
  { explained = [], against }: { readonly explained?: readonly Typed[]; readonly against?: Against | undefined } = {},
): Unplaced {
  const { lab } = context;
  const subjects = check.subjects(lab);
  const recognised: Recognised = {
    by: "check",
    check,
    subjects,
    ...(against ? { against: (looks, subject, before) => against(context, looks, subject, before) } : {}),
  };
  return {
    id: check.id,
    title: check.title,
    why: check.proves,
    kind: "level",
    hosts: hostsOf(lab, subjects),
    recognised,
    look: lookByHand(context, check, subjects),
    solution: explained.length > 0 ? explained : subjects.flatMap((subject) => checkByHand(context, check, subject)),
    undo: [],
  };
}
