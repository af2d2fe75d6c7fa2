import { existsSync } from "node:fs";
import { join } from "node:path";
import { type Director, directorOf } from "../directors/director.ts";
import { readFolder } from "../folder.ts";
import { PLAN, readPlan } from "./file.ts";
import { inferPlan } from "./infer.ts";
import { networkWith } from "./networks.ts";
import type { Plan, StandIn } from "./plan.ts";
import { portsOf } from "./segments.ts";
import type { Configured } from "./stand-ins.ts";

/** The folder whose files are to replace another one's, and the plan with what it needs beside. */
export interface Next extends Configured {
  /** The other one's plan, with further stand-ins. */
  readonly plan: Plan;
}

/**
 * Reads the folder that is to replace another one, of which `plan` is the plan. Its own rehearsal.yaml is read if it has one: for its stand-ins.
 * @throws FolderError, and FileError with everything that is wrong in that file
 */
export async function nextOf(path: string, plan: Plan): Promise<Next> {
  const folder = readFolder(path);
  const directors = folder.configurations.map(directorOf);
  const own = existsSync(join(path, PLAN)) ? await readPlan(folder) : inferPlan(folder, directors).plan;
  return { folder, directors, plan: withStandInsOf(plan, own) };
}

/**
 * Adds another plan's stand-ins to a plan: those whose addresses the plan lacks. A stand-in whose name is taken gets another name; one whose addresses
 * are in no network of the plan is left out.
 */
export function withStandInsOf(plan: Plan, { standIns }: Pick<Plan, "standIns">): Plan {
  const addresses = new Set(plan.standIns.flatMap((one) => one.addresses));
  const names = new Set(plan.standIns.map(({ name }) => name));
  const further = standIns.flatMap(({ name, addresses: all, ...rest }): StandIn[] => {
    const own = all.filter((address) => !addresses.has(address));
    const [first] = own;
    const network = first === undefined ? undefined : networkWith(plan.networks, first);
    if (!network) return [];
    return [{ ...rest, name: names.has(name) ? `${name}-new` : name, network: network.name, addresses: own }];
  });
  return { ...plan, standIns: [...plan.standIns, ...further] };
}

/** The interfaces that configurations name and a plan does not have, each as `DIRECTOR: DEVICE`. */
export const missingDevices = (plan: Plan, directors: readonly Director[]): string[] =>
  directors.flatMap(portsOf).flatMap(({ director: { name }, device }) => {
    const planned = plan.directors.find((one) => one.name === name);
    return planned?.interfaces.some((one) => one.device === device) ? [] : [`${name}: ${device}`];
  });
