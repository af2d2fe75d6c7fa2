import { statSync } from "node:fs";
import { join } from "node:path";
import { guestOs, type Ip, parseSubnet, toIp } from "../../lab/index.ts";
import { milliseconds } from "../../lab/yaml/duration.ts";
import { parseFile, readText } from "../../lab/yaml/file.ts";
import { findingsOf } from "../../lab/yaml/rules.ts";
import { PLAN } from "../conf/lines.ts";
import { virtualServersOf } from "../directors/virtual-server.ts";
import type { Folder } from "../folder.ts";
import type { Budgets, Plan } from "./plan.ts";
import { type Context, planRules } from "./rules.ts";
import { type PlanDraft, planSchema } from "./schema.ts";

export { PLAN };

/** What a plan is held against. */
export const contextOf = ({ path, configurations }: Folder): Context => ({
  directors: configurations.map(({ director }) => director),
  marks: configurations.flatMap(({ statements }) => virtualServersOf(statements).flatMap(({ mark }) => mark ?? [])),
  hasFile: (file) => statSync(join(path, file), { throwIfNoEntry: false })?.isFile() === true,
});

/** The plan that a text describes, for a folder. @throws FileError with everything that is wrong */
export function parsePlan(text: string, file: string, context: Context): Plan {
  const { contents } = parseFile(text, file, {
    schema: planSchema,
    rules: (draft) => findingsOf(planRules, draft as PlanDraft, context),
  });
  const ips = (texts: readonly string[]): Ip[] => texts.map(toIp);
  return {
    os: guestOs(contents.os),
    networks: contents.networks.map(({ name, subnets }) => ({
      name,
      subnets: subnets.flatMap((text) => parseSubnet(text) ?? []),
    })),
    directors: contents.directors.map(({ interfaces, users, ...director }) => ({
      ...director,
      ...(users === undefined ? {} : { users }),
      interfaces: interfaces.map(({ addresses, ...one }) => ({ ...one, addresses: ips(addresses) })),
    })),
    ...(contents.budgets ? { budgets: budgetsOf(contents.budgets) } : {}),
    client: { network: contents.client.network, addresses: ips(contents.client.addresses) },
    services: contents.services.map(({ address, firewallMark, ...one }) => ({
      ...{ ...one, address: toIp(address) },
      ...(firewallMark === undefined ? {} : { firewallMark }),
    })),
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

/** The plan of a folder. @throws FileError with everything that is wrong, or that there is none */
export async function readPlan(folder: Folder): Promise<Plan> {
  const file = join(folder.path, PLAN);
  const remedy = `run \`npx lvs-lab rehearse init ${folder.path}\`, which writes it`;
  return parsePlan(await readText(file, `a file ${PLAN}`, remedy), file, contextOf(folder));
}
