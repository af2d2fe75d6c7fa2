import {
  defaultRouteOf,
  directors,
  forwardsPackets,
  type Lab,
  ofFamily,
  ownsVips,
  realServers,
  type VrrpInstance,
  vipsOf,
} from "../../lab/index.ts";

const names = (servers: readonly { readonly name: string }[]): string[] => servers.map(({ name }) => name);

/** The directors that are members of such an instance, in the order of the file. */
const membersOf = (lab: Lab, such: (instance: VrrpInstance) => boolean): string[] =>
  names(directors(lab)).filter((name) =>
    lab.vrrp.some((instance) => such(instance) && instance.members.some(({ server }) => server === name)),
  );

/** Targets of faults. */
export const targets = {
  servers: (lab: Lab): string[] => names(lab.servers),
  /** Directors under keepalived. */
  keepalivedDirectors: (lab: Lab): string[] => (lab.control === "keepalived" ? names(directors(lab)) : []),
  realServers: (lab: Lab): string[] => names(realServers(lab)),
  /** Real servers that must keep quiet about an IPv4 VIP. */
  vipOwners: (lab: Lab): string[] =>
    names(realServers(lab).filter(({ name }) => ownsVips(lab, name) && ofFamily(vipsOf(lab, name), 4).length > 0)),
  /** Real servers that answer through a director. */
  routed: (lab: Lab): string[] => names(realServers(lab).filter((one) => defaultRouteOf(lab, one) !== undefined)),
  /** Directors that are the default route of a network. */
  routers: (lab: Lab): string[] => names(directors(lab).filter((one) => forwardsPackets(lab, one))),
  /** Directors that track a script. */
  scriptTrackers: (lab: Lab): string[] => membersOf(lab, ({ trackScripts }) => trackScripts !== undefined),
  /** Directors that track a process. */
  processTrackers: (lab: Lab): string[] => membersOf(lab, ({ trackProcesses }) => trackProcesses !== undefined),
  /** A network on which directors elect a master, for an unknown host. */
  networks: (lab: Lab): string[] => [...new Set(lab.vrrp.map(({ network }) => network))],
};
