import { defaultRouteOf, directors, forwardsPackets, type Lab, ownsVips, realServers } from "../../lab/index.ts";

const names = (servers: readonly { readonly name: string }[]): string[] => servers.map(({ name }) => name);

/** Targets of faults. */
export const targets = {
  servers: (lab: Lab): string[] => names(lab.servers),
  /** Directors under keepalived. */
  keepalivedDirectors: (lab: Lab): string[] => (lab.control === "keepalived" ? names(directors(lab)) : []),
  realServers: (lab: Lab): string[] => names(realServers(lab)),
  /** Real servers that must keep quiet about a VIP. */
  vipOwners: (lab: Lab): string[] => names(realServers(lab).filter(({ name }) => ownsVips(lab, name))),
  /** Real servers that answer through a director. */
  routed: (lab: Lab): string[] => names(realServers(lab).filter((one) => defaultRouteOf(lab, one) !== undefined)),
  /** Directors that are the default route of a network. */
  routers: (lab: Lab): string[] => names(directors(lab).filter((one) => forwardsPackets(lab, one))),
  /** A network on which directors elect a master, for an unknown host. */
  networks: (lab: Lab): string[] => [...new Set(lab.vrrp.map(({ network }) => network))],
};
