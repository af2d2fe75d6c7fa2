import { directors, goalOf, type Lab, sharesAreEven } from "../../lab/lab.ts";
import { masterDownInterval } from "../../lab/vrrp.ts";
import { LabError } from "../live/lab-error.ts";
import type { LiveLab } from "../live/live-lab.ts";
import { prepareScenario, type ResolvedScenario, type Scenario } from "../scenarios/index.ts";

/**
 * The scenario of a failover, for a lab as it is now: `director-down`, or `no-preemption` if the lab does not preempt.
 * @throws LabError of kind `misuse` if the lab does not have two directors, and the errors of `prepareScenario`
 */
export async function failoverScenario(live: LiveLab): Promise<ResolvedScenario> {
  const { lab, stack } = live;
  if (goalOf(lab) !== "ha")
    throw new LabError(
      `a failover needs two directors, and the lab "${lab.name}" of stack ${stack} is of stage ${lab.stage}. Use a stack of stage ha: npx lvs-lab failover -s ha`,
      "misuse",
    );
  const name = lab.keepalived.preempt ? "director-down" : "no-preemption";
  return await prepareScenario(live, name, (steps) => fitted(steps, lab));
}

/**
 * Fits the steps to any lab: drops equal shares if the scheduler does not promise them, and extends deadlines by what the lab's VRRP timers
 * need. The scenario's own deadlines are made for the textbook's timers.
 */
export function fitted(steps: Scenario["steps"], lab: Lab): Scenario["steps"] {
  const longest = Math.max(
    ...directors(lab).map(({ priority = 1 }) => masterDownInterval({ ...lab.keepalived, priority })),
  );
  // Whole seconds, for readers.
  const silence = Math.ceil(longest / 1000) * 1000;
  return steps.flatMap((step): Scenario["steps"] => {
    if (step.kind !== "expect") return [step];
    const { withinMs, forMs } = step;
    const expectations = step.expectations.filter(({ kind }) => kind !== "balance" || sharesAreEven(lab));
    const patient = {
      withinMs: withinMs === 0 ? 0 : withinMs + silence,
      forMs: forMs === 0 ? 0 : Math.max(forMs, silence),
    };
    return expectations.length === 0 ? [] : [{ ...step, expectations, ...patient }];
  });
}
