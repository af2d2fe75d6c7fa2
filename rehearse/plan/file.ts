import { statSync } from "node:fs";
import { join } from "node:path";
import { guestOs, type Ip, parseSubnet, toIp } from "../../lab/index.ts";
import { milliseconds } from "../../lab/yaml/duration.ts";
import { parseFile, readText } from "../../lab/yaml/file.ts";
import { findingsOf } from "../../lab/yaml/rules.ts";
import { PLAN } from "../conf/lines.ts";
import type { Budgets, Plan } from "./plan.ts";
import { planRules } from "./rules.ts";
import { type PlanDraft, planSchema } from "./schema.ts";

export { PLAN };

/**
 * The plan that a text describes. `directors`: those whose configurations the folder has. `hasFile`: whether it has a file, by its name in the folder;
 * by default it has all.
 * @throws FileError with everything that is wrong
 */
export function parsePlan(
  text: string,
  file: string,
  directors: readonly string[],
  hasFile: (file: string) => boolean = () => true,
): Plan {
  const { contents } = parseFile(text, file, {
    schema: planSchema,
    rules: (draft) => findingsOf(planRules, draft as PlanDraft, { directors, hasFile }),
  });
  const ips = (texts: readonly string[]): Ip[] => texts.map(toIp);
  return {
    os: guestOs(contents.os),
    networks: contents.networks.map(({ name, subnets }) => ({
      name,
      subnets: subnets.flatMap((text) => parseSubnet(text) ?? []),
    })),
    directors: contents.directors.map(({ interfaces, ...director }) => ({
      ...director,
      interfaces: interfaces.map(({ addresses, ...one }) => ({ ...one, addresses: ips(addresses) })),
    })),
    ...(contents.budgets ? { budgets: budgetsOf(contents.budgets) } : {}),
    client: { network: contents.client.network, addresses: ips(contents.client.addresses) },
    services: contents.services.map(({ address, ...one }) => ({ ...one, address: toIp(address) })),
    standIns: contents.standIns.map(({ addresses, gateways, ...one }) => ({
      ...one,
      addresses: ips(addresses),
      gateways: ips(gateways),
    })),
  };
}

function budgetsOf({ outage, failback, detection, lost }: NonNullable<PlanDraft["budgets"]>): Budgets {
  return {
    ...(outage === undefined ? {} : { outageMs: milliseconds(outage) }),
    ...(failback === undefined ? {} : { failbackMs: milliseconds(failback) }),
    ...(detection === undefined ? {} : { detectionMs: milliseconds(detection) }),
    ...(lost === undefined ? {} : { lost }),
  };
}

/** Whether a folder has a file. */
export const hasFileIn = (folder: string, file: string): boolean => {
  const status = statSync(join(folder, file), { throwIfNoEntry: false });
  return status?.isFile() === true;
};

/** The plan of a folder. @throws FileError with everything that is wrong, or that there is none */
export async function readPlan(folder: string, directors: readonly string[]): Promise<Plan> {
  const file = join(folder, PLAN);
  const text = await readText(file, `a file ${PLAN}`, `run \`npx lvs-lab rehearse init ${folder}\`, which writes it`);
  return parsePlan(text, file, directors, (one) => hasFileIn(folder, one));
}
