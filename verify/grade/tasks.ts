import type { Control } from "../../lab/index.ts";
import type { Check, Grading } from "../checks/check.ts";
import { checks } from "../checks/index.ts";

/** A check as a task. */
export interface TaskRow extends Omit<Grading, "after"> {
  readonly check: Check;
}

/** Tasks of an exercise, in the article's order: that of the checks, but for those that name another place. */
function exercise(control: Control): TaskRow[] {
  const graded = checks.flatMap((check) => {
    const grading = check.grading?.[control];
    return grading ? [{ check, ...grading }] : [];
  });
  const rows = graded.filter(({ after }) => after === undefined);
  for (const row of graded.filter(({ after }) => after !== undefined)) {
    const place = rows.findIndex(({ check }) => check.id === row.after);
    if (place < 0)
      throw new Error(`the check ${row.check.id} comes after ${row.after}, which is no task with ${control}`);
    rows.splice(place + 1, 0, row);
  }
  return rows.map(({ after: _, ...row }) => row);
}

/** Tasks of each exercise, by who is to be in control. Faulty checks count only when they are asked for. */
export const exercises: Readonly<Record<Control, readonly TaskRow[]>> = {
  ipvsadm: exercise("ipvsadm"),
  keepalived: exercise("keepalived"),
};
