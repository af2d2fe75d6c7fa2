import { all, type Statement } from "../../conf/tree.ts";
import { isIn } from "../../directors/address-range.ts";
import { addressOf } from "../../directors/instance.ts";
import { holds } from "../../directors/peers.ts";
import type { VirtualServer } from "../../directors/virtual-server.ts";
import type { Rule, Subject } from "../rule.ts";

export const virtualServerAddressNotHeld: Rule = {
  id: "virtual-server-address-not-held",
  title: "a virtual server whose address no instance holds",
  level: "warning",
  why:
    "IPVS takes packets that are delivered to the director; a virtual server does not give it the address. Where no VRRP instance and no static " +
    "address has it, clients find nobody there, or the address does not move when the master dies.",
  source:
    "ip_vs_in() at LOCAL_IN in Linux's net/netfilter/ipvs/ip_vs_core.c; keepalived.conf(5), virtual_server and virtual_ipaddress",
  *look(subject) {
    for (const { name: director, instances, virtualServers } of subject.directors)
      for (const service of virtualServers) {
        const [instance, ...others] = instances;
        if (!instance || service.ranges.length === 0 || isHeld(service, subject)) continue;
        yield {
          at: service.at,
          also: [instance.at],
          message: `no instance of ${director} holds ${served(service)}, the address of the virtual server ${service.name}`,
          fix: `write it into virtual_ipaddress of ${others.length === 0 ? instance.name : "the instance that it belongs to"}, or correct the virtual server`,
        };
      }
  },
};

/** Whether an instance of any director holds the address, or the folder shows that somebody else does. */
function isHeld(service: VirtualServer, { directors, folder }: Subject): boolean {
  const own = new Set(directors.flatMap(({ configuration }) => [...configuration.files.keys()]));
  return (
    directors.some(
      ({ instances, configuration: { statements } }) =>
        instances.some((instance) => holds(instance, service)) ||
        linesOf(statements, "static_ipaddress")
          .flatMap(({ keyword }) => addressOf(keyword) ?? [])
          .some((address) => service.ranges.some((range) => isIn(range, address))) ||
        [
          ...instances.flatMap(({ block }) => linesOf(block, "virtual_routes")),
          ...linesOf(statements, "static_routes"),
        ].some(({ text }) => /\blocal\b/.test(text)),
    ) ||
    folder.texts().some(({ file, text }) => !own.has(file) && service.ranges.some(({ first }) => text.includes(first)))
  );
}

const linesOf = (statements: readonly Statement[], keyword: string): Statement[] =>
  all(statements, keyword).flatMap(({ block }) => block ?? []);

const served = ({ ranges: [range] }: VirtualServer): string =>
  !range || range.first === range.last ? (range?.first ?? "") : `any of ${range.first} to ${range.last}`;
