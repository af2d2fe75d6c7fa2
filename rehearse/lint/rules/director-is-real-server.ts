import { parseIp } from "../../../lab/index.ts";
import { last } from "../../conf/tree.ts";
import type { Director } from "../../directors/director.ts";
import type { Rule } from "../rule.ts";
import { realServerName } from "../services.ts";

export const directorIsRealServer: Rule = {
  id: "director-is-real-server",
  title: "a standby director that is a real server of the same virtual server",
  level: "warning",
  why:
    "The standby has the virtual server in its table too. What the master sends it as a real server it schedules once more, to another real server or " +
    "back to the master: packets go round. With a firewall mark that leaves out the other director's packets this does not happen.",
  source: "ip_vs_in() in Linux's net/netfilter/ipvs/ip_vs_core.c; LVS-HOWTO, Localnode: the two box LVS",
  *look({ directors }) {
    for (const { name, virtualServers } of directors)
      for (const service of virtualServers)
        for (const real of service.realServers) {
          const other = directors.find((one) => one.name !== name && addressesOf(one).includes(real.address));
          if (!other || real.method === "NAT" || service.kind === "fwmark") continue;
          if (!other.virtualServers.some(({ key }) => key === service.key)) continue;
          yield {
            at: real.at,
            also: [service.at],
            message: `${realServerName(real)} is ${other.name}, which has the virtual server ${service.name} itself and schedules these packets once more`,
            fix: "use a service by firewall mark that is not set on packets from the other director, or real servers that are no directors",
          };
        }
  },
};

/** The addresses that a director has of its own, as far as its configuration shows them. */
const addressesOf = ({ instances }: Director): string[] =>
  instances.flatMap(({ block }) => parseIp(last(block, "unicast_src_ip", "mcast_src_ip")?.words[0] ?? "") ?? []);
