import { directors, electedOf, instanceOfVip, longestPreemptDelay, type VirtualService } from "../../lab/index.ts";
import { patience } from "../../provision/ssh/index.ts";
import { until } from "../../provision/until.ts";
import { faults } from "../faults/index.ts";
import { Ledger } from "../faults/ledger.ts";
import { configuredChecks } from "../live/configured-checks.ts";
import { LabError } from "../live/lab-error.ts";
import type { LiveLab } from "../live/live-lab.ts";
import { View } from "../live/view.ts";
import { holdersInWords, vipHolders } from "../live/vip-holders.ts";
import { readScenario } from "./parse.ts";
import { resolve } from "./resolve.ts";
import type { ResolvedScenario, Scenario } from "./scenario.ts";
import { serviceOf } from "./selectors.ts";
import { findScenario } from "./shipped.ts";
import { DETECTED } from "./values.ts";

export interface PrepareOptions {
  /** The virtual service that it is about; by default the lab's first. */
  readonly service?: VirtualService;
  /** Changes the steps before they are fitted to the lab. */
  readonly adapt?: (steps: Scenario["steps"]) => Scenario["steps"];
}

/**
 * Reads a scenario by name or path and fits it to the lab as it is now: the director that holds the VIP is the master. Heals what a killed run
 * has left first, because that may move the VIP.
 * @throws FileError with all problems of the file, or with what does not fit the lab; LabError unless exactly one director holds the VIP
 */
export async function prepareScenario(
  live: LiveLab,
  nameOrFile: string,
  { service = serviceOf(live.lab), adapt = (steps) => steps }: PrepareOptions = {},
): Promise<ResolvedScenario> {
  const scenario = await readScenario(await findScenario(nameOrFile), { faults });
  await new Ledger(live).healAll();
  const { lab } = live;
  const instance = instanceOfVip(lab, service.vip);
  const master = await settledMaster(live, service);
  const steps = adapt(scenario.steps);
  const all = steps.flatMap((step) => (step.kind === "repeat" ? step.steps : [step]));
  const waits = instance && all.some((step) => step.kind === "expect" && step.withinMs === DETECTED);
  const checks = waits ? { checks: await configuredChecks(new View(live), master, service) } : {};
  return resolve({ ...scenario, steps }, lab, { master, faults, service, ...checks });
}

/**
 * Waits until one director holds the VIP and all others answer that they do not: a lab may still be settling after a heal. With preemption
 * it must be the director with the highest priority; just after an `up` another one may hold the VIP for a moment.
 * @returns that director; without VRRP the first one
 * @throws LabError if it does not come to that
 */
export async function settledMaster(live: LiveLab, { vip }: VirtualService): Promise<string> {
  const instance = instanceOfVip(live.lab, vip);
  if (!instance) return directors(live.lab)[0]?.name ?? "";
  const first = instance.preempt ? electedOf(instance) : undefined;
  return await until(
    async () => {
      const found = await vipHolders(live, vip);
      const [master, ...others] = found.holders;
      const alone = master !== undefined && others.length + found.unasked.length === 0;
      if (alone && (first === undefined || master === first)) return master;
      const names = instance.members.map(({ server }) => server);
      const wanted =
        first === undefined ? `of ${names.join(" and ")} exactly one` : `of ${names.join(" and ")} ${first} alone`;
      throw new LabError(
        `the lab is not healthy: ${wanted} should hold the VIP ${vip}, and it is held by ` +
          `${holdersInWords(found)}. \`npx lvs-lab status\` shows more; \`pulumi refresh\` and \`pulumi up\` repair it.`,
      );
    },
    { seconds: patience(live, 3) + longestPreemptDelay(live.lab), everyMs: 500, failed: (last) => last as Error },
  );
}
