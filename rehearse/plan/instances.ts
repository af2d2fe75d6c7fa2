import { familyOf, type Ip, toIp, type VrrpInstance, wordsOf } from "../../lab/index.ts";
import type { Director } from "../directors/director.ts";
import { heldBy } from "../directors/instance.ts";
import { isOn } from "../directors/settings.ts";
import { type Member, type VirtualRouter, virtualRoutersOf } from "../directors/virtual-router.ts";
import { bestPriority, instancesIn, syncGroupOf } from "../directors/weight.ts";
import type { Folder } from "../folder.ts";
import { serverNameOf } from "./names.ts";
import { networkWith } from "./networks.ts";
import type { Plan } from "./plan.ts";
import { deviceOf } from "./segments.ts";
import { trackedOf } from "./tracking.ts";

/**
 * The virtual routers of directors that have an address to move, as instances of the lab's model.
 * @param directors as they run: running.ts
 * @param folder with their scripts; without it nobody knows which processes these look for
 */
export const instancesOf = (plan: Plan, directors: readonly Director[], folder?: Folder): VrrpInstance[] =>
  virtualRoutersOf(directors).flatMap((router) => instanceOf(router, plan, folder) ?? []);

/**
 * The members, each before those that it wins against: of equal priorities the higher address does, once both are master (RFC 9568, section 6.4.3). Among
 * the first, one that starts as master is it before the others would be.
 */
function byElection(all: readonly Member[], best: (one: Member) => number, plan: Plan): Member[] {
  const isHigher = (one: Member, other: Member): number => {
    const [left = [], right = []] = [one, other].map((each) => wordsOf(sourceOf(each, plan) ?? none));
    const at = left.findIndex((word, index) => word !== right[index]);
    return (right[at] ?? 0) - (left[at] ?? 0);
  };
  const members = all.toSorted((one, other) => best(other) - best(one) || isHigher(one, other));
  const first = members.filter((one) => members[0] && best(one) === best(members[0]));
  const starting = first.filter(({ instance }) => instance.state === "MASTER");
  return starting.length === 1 ? [...starting, ...members.filter((one) => !starting.includes(one))] : members;
}

/** Whether a member takes over from a master of lower priority. In a sync group one instance that does not holds back all of them. */
function preempts({ director, instance }: Member): boolean {
  const group = syncGroupOf(director, instance);
  const together = group ? instancesIn(director, group) : [instance];
  return together.every(({ preempt }) => preempt);
}

const none = toIp("0.0.0.0");

/** The address from which a member sends its advertisements; undefined of IPv6: it is a link-local one, which no plan has. */
function sourceOf({ director, instance }: Member, { directors }: Plan): Ip | undefined {
  if (instance.unicast?.source) return instance.unicast.source.address;
  const planned = directors.find(({ name }) => name === director.name);
  const device = deviceOf(director, instance);
  return instance.family === 4
    ? planned?.interfaces.find((one) => one.device === device)?.addresses.find((address) => familyOf(address) === 4)
    : undefined;
}

/** A virtual router as an instance of the lab's model; undefined if it has nothing that could move. */
function instanceOf({ id, members: all }: VirtualRouter, plan: Plan, folder?: Folder): VrrpInstance | undefined {
  const best = (one: Member): number => bestPriority(one.director, one.instance);
  const members = byElection(all, best, plan);
  const [master] = members;
  if (!master) return undefined;
  const { instance, director } = master;
  // Those of its family first: they are in its advertisements. A link-local address is in no network of the plan.
  const addresses = heldBy(instance)
    .map(({ address }) => address)
    .filter((address) => networkWith(plan.networks, address) !== undefined);
  const planned = plan.directors.find(({ name }) => name === director.name);
  const network = planned?.interfaces.find(({ device }) => device === deviceOf(director, instance))?.network;
  if (addresses.length === 0 || !planned || network === undefined) return undefined;
  const tracked = trackedOf(master, planned, network, folder);
  // The lab's model adds what all members track to their priorities; here each may track something else.
  const { trackScripts = [], trackProcesses = [], trackInterfaces = [] } = tracked;
  const raised = [...trackScripts, ...trackProcesses, ...trackInterfaces].reduce(
    (sum, { weight }) => sum + Math.max(0, weight),
    0,
  );
  const group = syncGroupOf(director, instance);
  return {
    ...{ name: instance.name, id, version: instance.version, network, addresses },
    members: members.map((one) => ({
      server: serverNameOf(one.director.name),
      priority: best(one) - raised,
      state: one.instance.state,
      ...(preempts(one) === preempts(master) ? {} : { preempt: preempts(one) }),
    })),
    advertInterval: instance.advertInterval,
    preempt: preempts(master),
    ...(instance.preemptDelay > 0 ? { preemptDelay: instance.preemptDelay } : {}),
    ...(instance.unicast ? { unicast: true as const } : {}),
    ...(instance.block.some((one) => one.keyword === "use_vmac" && isOn(one)) ? { useVmac: true as const } : {}),
    ...(group ? { syncGroup: group.name } : {}),
    ...tracked,
  };
}
