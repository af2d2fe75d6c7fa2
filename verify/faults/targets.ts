import { directors, type Lab, realServers } from "../../lab/index.ts";

const names = (servers: readonly { readonly name: string }[]): string[] => servers.map(({ name }) => name);

/** Targets of faults. */
export const targets = {
  servers: (lab: Lab): string[] => names(lab.servers),
  /** Directors under keepalived. */
  keepalivedDirectors: (lab: Lab): string[] => (lab.control === "keepalived" ? names(directors(lab)) : []),
  realServers: (lab: Lab): string[] => names(realServers(lab)),
  /** A network on which directors elect a master, for an unknown host. */
  networks: (lab: Lab): string[] => [...new Set(lab.vrrp.map(({ network }) => network))],
};
