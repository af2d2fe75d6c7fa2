import { familyOf, type Ip, parseIp, subnetOf } from "../../../lab/index.ts";
import { last } from "../../conf/tree.ts";
import type { Director } from "../../directors/director.ts";
import { heldBy } from "../../directors/instance.ts";
import { Networks } from "../../directors/networks.ts";
import type { Rule } from "../rule.ts";
import { realServerName } from "../services.ts";

export const natGatewayStays: Rule = {
  id: "nat-gateway-stays",
  title: "NAT without an address that moves in the network of the real servers",
  level: "note",
  why:
    "With NAT the answers must pass the director that has rewritten the requests, so real servers send them to an address of it as their gateway. If that " +
    "is an address of one director's own, it does not move: after a failover the answers go to a host that is down.",
  source: "ipvsadm(8), --masquerading; ip_vs_out() in Linux's net/netfilter/ipvs/ip_vs_core.c",
  *look({ directors }) {
    for (const director of directors) {
      const moving = movingNetworks(director);
      for (const { name, at, block, realServers } of director.virtualServers) {
        const [instance] = director.instances;
        const real = realServers.find(({ method, address }) => method === "NAT" && parseIp(address) !== undefined);
        if (!instance || !real || moving.have(real.address as Ip)) continue;
        yield {
          at: last(block, "lvs_method", "lb_kind") ?? at,
          also: [real.at],
          message: `${name} uses NAT, and no instance of ${director.name} holds an address near ${realServerName(real)} that could be its gateway`,
          fix: "let the instance hold the real servers' gateway too, in virtual_ipaddress or virtual_ipaddress_excluded",
        };
      }
    }
  },
};

/** The size of a network whose prefix length is not written: seldom is one smaller. */
const usual = { 4: 24, 6: 64 } as const;

/** The networks in which an instance holds an address. */
const movingNetworks = ({ instances }: Director): Networks =>
  new Networks(
    instances.flatMap(heldBy).map(({ address, prefixLength }) => {
      const most = usual[familyOf(address)];
      return subnetOf(address, Math.min(prefixLength ?? most, most));
    }),
  );
