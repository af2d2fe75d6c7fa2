import {
  defaultRouteOf,
  directors,
  forwardsPackets,
  isAskedBy,
  type Lab,
  ofFamily,
  ownsVips,
  realServers,
  servicesOf,
  trackedBy,
  type VrrpInstance,
  vipsOf,
} from "../../lab/index.ts";

const names = (servers: readonly { readonly name: string }[]): string[] => servers.map(({ name }) => name);

/** The directors that are members of such an instance, in the order of the file. */
const membersOf = (lab: Lab, such: (instance: VrrpInstance) => boolean): string[] =>
  names(directors(lab)).filter((name) =>
    lab.vrrp.some((instance) => such(instance) && instance.members.some(({ server }) => server === name)),
  );

/** Where a fault can be put: the names in a lab, and words for people. */
export interface Targets {
  (lab: Lab): readonly string[];
  /** What they are: `a director under keepalived`. */
  readonly on: string;
  /** What completes a fault's title: `a director`. */
  readonly object: string;
}

const those = (on: string, object: string, of: (lab: Lab) => readonly string[]): Targets =>
  Object.assign(of, { on, object });

/** Targets of faults. */
export const targets = {
  servers: those("any server", "a server", (lab) => names(lab.servers)),
  hosts: those("any server", "a server", (lab) => [...names(lab.servers), ...names(lab.standIns ?? [])]),
  keepalivedDirectors: those("a director under keepalived", "a director", (lab) =>
    lab.control === "keepalived" ? names(directors(lab)) : [],
  ),
  realServers: those("a real server", "a real server", (lab) => [
    ...names(realServers(lab)),
    ...(lab.standIns ?? [])
      .filter(({ name, ports }) => servicesOf(lab, name).length > 0 || Object.values(ports ?? {}).flat().length > 0)
      .map(({ name }) => name),
  ]),
  /** They run an MTA. */
  mailServers: those("a real server whose health check is `smtp`", "a real server", (lab) =>
    names(realServers(lab).filter(({ name }) => isAskedBy(lab, name, "smtp"))),
  ),
  /** They must keep quiet about an IPv4 VIP. */
  vipOwners: those("a real server that owns a VIP: not by network address translation", "a real server", (lab) =>
    names(realServers(lab).filter(({ name }) => ownsVips(lab, name) && ofFamily(vipsOf(lab, name), 4).length > 0)),
  ),
  /** They answer through a director. */
  routed: those("a real server by network address translation", "a real server", (lab) =>
    names(realServers(lab).filter((one) => defaultRouteOf(lab, one) !== undefined)),
  ),
  /** They are the default route of a network. */
  routers: those("a director by network address translation", "a director", (lab) =>
    names(directors(lab).filter((one) => forwardsPackets(lab, one))),
  ),
  scriptTrackers: those("a director that tracks a script", "a director", (lab) =>
    membersOf(lab, ({ trackScripts }) => trackScripts !== undefined),
  ),
  processTrackers: those("a director that tracks a process", "a director", (lab) =>
    membersOf(lab, (instance) => trackedBy(instance).some(({ process }) => process !== undefined)),
  ),
  bfdTrackers: those("a director that tracks a BFD session", "a director", (lab) =>
    membersOf(lab, ({ trackBfd }) => trackBfd !== undefined),
  ),
  /** For an unknown host. */
  networks: those("the name of a network on which directors elect a master, such as `segment`", "network", (lab) => [
    ...new Set(lab.vrrp.map(({ network }) => network)),
  ]),
};
