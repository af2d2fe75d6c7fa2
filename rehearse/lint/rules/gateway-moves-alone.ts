import { type Ip, parseIp, subnetOf } from "../../../lab/index.ts";
import type { Director } from "../../directors/director.ts";
import { heldBy, type Instance } from "../../directors/instance.ts";
import { Networks } from "../../directors/networks.ts";
import { addressesOf } from "../../directors/virtual-router.ts";
import { servedAddresses } from "../../directors/virtual-server.ts";
import { syncGroupOf } from "../../directors/weight.ts";
import type { Rule } from "../rule.ts";

export const gatewayMovesAlone: Rule = {
  id: "gateway-moves-alone",
  title: "a NAT director whose inner address does not move with the outer one",
  level: "warning",
  why:
    "With NAT the replies go back through the director that the request came through, and the real servers' gateway leads them there. If the virtual " +
    "address moves and the gateway's does not, replies go to a director that does not know the connection.",
  source:
    "LVS-HOWTO, LVS-NAT; keepalived.conf(5), vrrp_sync_group, which names inside and outside networks as its purpose",
  *look({ directors }) {
    for (const director of directors) {
      const networks = new Map(director.instances.map((instance) => [instance, networksOf(instance)]));
      for (const outer of director.instances) {
        const servers = natServersBehind(director, outer).filter((address) => !networks.get(outer)?.have(address));
        for (const inner of director.instances) {
          const server = servers.find((address) => networks.get(inner)?.have(address));
          if (inner === outer || server === undefined || moveTogether(director, outer, inner)) continue;
          yield {
            at: inner.at,
            also: [outer.at],
            message: `${inner.name} of ${director.name} is on the real servers' network (${server}) and can move without ${outer.name}, which has the address of their virtual server`,
            fix: `put ${outer.name} and ${inner.name} into one vrrp_sync_group, on all directors`,
          };
        }
      }
    }
  },
};

/** The real servers of NAT services at an instance's addresses. */
function natServersBehind({ virtualServers }: Director, outer: Instance): Ip[] {
  const held = new Set(addressesOf(outer));
  return virtualServers
    .filter((server) => server.method === "NAT" && servedAddresses(server).some((one) => held.has(one)))
    .flatMap(({ realServers }) => realServers.flatMap(({ address }) => parseIp(address) ?? []));
}

/** The networks of an instance's addresses, where they are written. */
const networksOf = (instance: Instance): Networks =>
  new Networks(
    heldBy(instance).flatMap(({ address, prefixLength = 0 }) =>
      prefixLength > 0 ? [subnetOf(address, prefixLength)] : [],
    ),
  );

/** In one sync group, or each with the other's interface for a FAULT of its own. */
function moveTogether(director: Director, one: Instance, other: Instance): boolean {
  const group = syncGroupOf(director, one);
  if (group !== undefined && group === syncGroupOf(director, other)) return true;
  return one.interface === other.interface || (watches(one, other) && watches(other, one));
}

const watches = ({ tracks }: Instance, { interface: device }: Instance): boolean =>
  tracks.some(({ kind, name, weight = 0 }) => kind === "interface" && name === device && weight === 0);
