import { byPriority, electedOf, type Ip, type Lab } from "../../lab/index.ts";
import type { Director } from "../directors/director.ts";
import { instancesOf } from "../plan/instances.ts";
import type { Plan } from "../plan/plan.ts";

/** Who holds each address: the directors by their servers' names. */
export type Holders = ReadonlyMap<Ip, readonly string[]>;

/** The addresses that an instance of several directors holds, in the old configurations or in the new ones. */
export const movingAddresses = (labs: readonly Pick<Lab, "vrrp">[]): Ip[] => [
  ...new Set(
    labs.flatMap(({ vrrp }) => vrrp.flatMap(({ members, addresses }) => (members.length > 1 ? addresses : []))),
  ),
];

/**
 * Who ought to hold an address once these configurations run, by RFC 9568's election: the highest priority, or without preemption whoever held it before.
 * In each virtual router that has the address one does: where the configurations do not agree on the router, several.
 */
export function electedHolders(
  plan: Plan,
  directors: readonly Director[],
  address: Ip,
  before: readonly string[],
): string[] {
  const elected = instancesOf(plan, directors)
    .filter(({ addresses }) => addresses.includes(address))
    .map((instance) => {
      const members = byPriority(instance);
      const held = members.find(({ server }) => before.includes(server));
      const holder = held && members.find((one) => one === held || (one.preempt ?? instance.preempt));
      return holder?.server ?? electedOf(instance);
    });
  return [...new Set(elected)].sort();
}

/** The order of a careful roll-out: the directors that hold nothing first. */
export function rollOutOrder(lab: Lab, holders: Holders): string[] {
  const busy = new Set([...holders.values()].flat());
  const names = lab.servers.map(({ name }) => name);
  return [...names.filter((name) => !busy.has(name)), ...names.filter((name) => busy.has(name))];
}
