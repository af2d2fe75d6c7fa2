import type { Lab } from "../../../lab/index.ts";
import type { Check, CheckResult } from "../../../verify/checks/check.ts";
import { labelOf } from "../../../verify/checks/check.ts";
import type { Subject } from "../../../verify/checks/subjects.ts";
import { type Grade, gradeLab } from "../../../verify/grade/grade.ts";
import { type Answer, aLiveLab, RecordedView } from "../verify/a-live-lab.ts";

/** The grade of a lab whose servers answer as given, by the checks themselves. */
export async function gradeOf(
  lab: Lab,
  stack: string,
  answer: (where: string, command: string) => Answer,
): Promise<Grade> {
  const live = { ...(await aLiveLab("bare")), stack, lab };
  const run = async (_live: unknown, check: Check, subject: Subject): Promise<CheckResult> => {
    const view = new RecordedView(live, answer);
    const begin = performance.now();
    const seen = await check.look(view, subject).catch((error: Error) => ({
      ...{ passed: false, seen: error.message, started: true },
    }));
    return {
      ...{ id: check.id, title: check.title, subject: labelOf(lab, check, subject), host: subject.host },
      ...{ expected: check.expected(lab, subject), byHand: check.byHand(lab, subject), evidence: view.evidence },
      ...(seen.passed ? {} : { hint: check.hint(lab, subject) }),
      ...seen,
      ms: Math.round(performance.now() - begin),
    };
  };
  return await gradeLab(live, { run });
}
