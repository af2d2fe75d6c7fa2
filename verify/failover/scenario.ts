import {
  instanceOfVip,
  type Lab,
  masterDownOf,
  preemptionOf,
  sharesAreEven,
  type VirtualService,
  type VrrpInstance,
} from "../../lab/index.ts";
import { LabError } from "../live/lab-error.ts";
import type { LiveLab } from "../live/live-lab.ts";
import { prepareScenario, type ResolvedScenario, type Scenario, serviceOf } from "../scenarios/index.ts";

/**
 * The scenario of a failover, for a lab as it is now: `director-down`, or `no-preemption` if the lab does not preempt.
 * @param service whose VIP is to move; by default the lab's first
 * @throws LabError of kind `misuse` if the lab does not have two directors, and the errors of `prepareScenario`
 */
export async function failoverScenario(live: LiveLab, service = serviceOf(live.lab)): Promise<ResolvedScenario> {
  const { lab, stack } = live;
  const instance = instanceOfVip(lab, service.vip);
  if (!instance)
    throw new LabError(
      `a failover needs two directors under keepalived, and in the lab "${lab.name}" of stack ${stack} ${lab.control} is in control. Use another stack: npx lvs-lab failover -s ha`,
      "misuse",
    );
  const name = instance.preempt ? "director-down" : "no-preemption";
  return await prepareScenario(live, name, { service, adapt: (steps) => fitted(steps, lab, service, instance) });
}

/**
 * Fits the steps to any service and instance: drops equal shares if the scheduler does not promise them, and extends deadlines by what the lab's VRRP timers
 * need. The scenario's own deadlines are made for the textbook's timers.
 */
export function fitted(
  steps: Scenario["steps"],
  lab: Lab,
  service: VirtualService,
  instance: VrrpInstance,
): Scenario["steps"] {
  const longest = Math.max(
    ...instance.members.flatMap(({ server }) => [
      masterDownOf(lab, instance, server),
      preemptionOf(lab, instance, server).maximum,
    ]),
  );
  // Whole seconds, for readers.
  const silence = Math.ceil(longest / 1000) * 1000;
  return steps.flatMap((step): Scenario["steps"] => {
    if (step.kind !== "expect") return [step];
    const { withinMs, forMs } = step;
    const expectations = step.expectations.filter(({ kind }) => kind !== "balance" || sharesAreEven(service));
    const patient = {
      withinMs: typeof withinMs === "string" || withinMs === 0 ? withinMs : withinMs + silence,
      forMs: forMs === 0 ? 0 : Math.max(forMs, silence),
    };
    return expectations.length === 0 ? [] : [{ ...step, expectations, ...patient }];
  });
}
