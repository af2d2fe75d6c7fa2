import { contains, familyOf, type Ip, isLinkLocal, subnetOf } from "../../../lab/index.ts";
import type { Statement } from "../../conf/tree.ts";
import type { Director } from "../../directors/director.ts";
import type { Instance, VirtualAddress } from "../../directors/instance.ts";
import { addressesOf, type Member, shareDirector, type VirtualRouter } from "../../directors/virtual-router.ts";
import type { Found, Rule } from "../rule.ts";
import { listed, nameOf, statementOf } from "../words.ts";

export const routerIdTwice: Rule = {
  id: "router-id-twice",
  title: "two virtual routers with the same virtual_router_id on one network",
  level: "warning",
  why:
    "Both take the other's advertisements for their own virtual router's, find other addresses in them, drop them, and write to the log each time. " +
    "With use_vmac two masters have the same MAC address. On one interface of one director keepalived does not start with it.",
  source: "RFC 5798, sections 1.6 and 7.3; vrrp_check_packet() and check_vrid_conflicts() in keepalived's vrrp.c",
  *look({ directors, routers }) {
    for (const director of directors) yield* inside(director);
    for (const [index, router] of routers.entries()) {
      const [found] = routers.slice(0, index).flatMap((before) => [...between(before, router)]);
      if (found) yield found;
    }
  },
};

function* inside(director: Director): Iterable<Found> {
  for (const [index, instance] of director.instances.entries()) {
    const first = director.instances.slice(0, index).find((one) => conflict(one, instance));
    if (!first) continue;
    yield {
      at: idOf(instance),
      also: [idOf(first)],
      level: "error",
      message: `${first.name} and ${instance.name} of ${director.name} both have virtual_router_id ${instance.id} on ${instance.interface}: keepalived does not start`,
      fix: "give each virtual router of a network a virtual_router_id of its own, the same one on all directors",
    };
  }
}

const conflict = (one: Instance, other: Instance): boolean =>
  sameSpace(one, other) &&
  one.id === other.id &&
  one.family === other.family &&
  one.interface !== undefined &&
  one.interface === other.interface &&
  (!one.unicast || !other.unicast || one.unicast.peers.some((peer) => other.unicast?.peers.includes(peer)));

/** Unicast and multicast do not hear each other, nor do two multicast groups. */
const sameSpace = (one: Instance, other: Instance): boolean =>
  (one.unicast === undefined) === (other.unicast === undefined) && one.group === other.group;

function* between(one: VirtualRouter, other: VirtualRouter): Iterable<Found> {
  const [first] = one.members;
  const [second] = other.members;
  if (one.id !== other.id || one.family !== other.family || !first || !second) return;
  if (shareDirector(one.members, other.members) || first.instance.unicast || second.instance.unicast) return;
  if (!sameSpace(first.instance, second.instance) || !onOneNetwork(one.members, other.members)) return;
  const vmac = [first, second].every(({ instance }) => instance.block.some(({ keyword }) => keyword === "use_vmac"));
  yield {
    at: idOf(second.instance),
    also: [idOf(first.instance)],
    ...(vmac ? { level: "error" as const } : {}),
    message:
      `${nameOf(first)} (${listed(shown(first))}) and ${nameOf(second)} (${listed(shown(second))}) have nothing in common but virtual_router_id ${one.id}: ` +
      (vmac ? "two masters with one MAC address" : "each gets the other's advertisements and drops them"),
    fix: "give each virtual router of a network a virtual_router_id of its own",
  };
}

/** By a subnet of the one in which an address of the other lies; or, where no prefix length is written, by the interface's name. */
function onOneNetwork(one: readonly Member[], other: readonly Member[]): boolean {
  const subnets = (members: readonly Member[]) =>
    members.flatMap(({ instance }) => instance.addresses.flatMap(subnetIn));
  const addresses = (members: readonly Member[]) => members.flatMap(({ instance }) => addressesOf(instance));
  const known = [...subnets(one), ...subnets(other)];
  if (known.length > 0)
    return (
      subnets(one).some((subnet) => addresses(other).some((address) => contains(subnet, address))) ||
      subnets(other).some((subnet) => addresses(one).some((address) => contains(subnet, address)))
    );
  return one.some(({ instance }) => other.some((member) => member.instance.interface === instance.interface));
}

/** Link-local addresses are on every network. */
const subnetIn = ({ address, prefixLength }: VirtualAddress) =>
  prefixLength === undefined || prefixLength >= (familyOf(address) === 6 ? 128 : 32) || isLinkLocal(address)
    ? []
    : [subnetOf(address, prefixLength)];

const shown = ({ instance }: Member): Ip[] => addressesOf(instance).slice(0, 3);

const idOf = (instance: Instance): Statement => statementOf(instance, "virtual_router_id");
