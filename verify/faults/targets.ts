import { directors, goalOf, type Lab, realServers } from "../../lab/lab.ts";

const names = (servers: readonly { readonly name: string }[]): string[] => servers.map(({ name }) => name);

/** Targets of faults. */
export const targets = {
  servers: (lab: Lab): string[] => names(lab.servers),
  /** Directors under keepalived. */
  keepalivedDirectors: (lab: Lab): string[] => (goalOf(lab) === "ha" ? names(directors(lab)) : []),
  realServers: (lab: Lab): string[] => names(realServers(lab)),
  /** The lab's segment itself, for an unknown host. */
  segment: (lab: Lab): string[] => (goalOf(lab) === "ha" ? ["segment"] : []),
};
