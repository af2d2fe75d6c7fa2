import type { Rule } from "../rule.ts";

export const virtualServerTwice: Rule = {
  id: "virtual-server-twice",
  title: "a virtual server that stands twice in a configuration",
  level: "error",
  why:
    "The kernel has one service for an address, a port and a protocol. keepalived logs that it is there already, puts the real servers of both blocks " +
    "into it, and the scheduler and the persistence of the second block are lost; a real server in both is removed and added by both.",
  source:
    "ipvs_talk() in keepalived's ipvswrapper.c, which takes EEXIST for a success; validate_check_config() in check_data.c",
  *look({ directors }) {
    for (const { name: director, virtualServers } of directors)
      for (const [index, { at, key, name }] of virtualServers.entries()) {
        const first = virtualServers.slice(0, index).find((one) => one.key === key);
        if (first)
          yield {
            at,
            also: [first.at],
            message: `${director} has the virtual server ${name} twice; the kernel keeps the scheduler and the persistence of the first one`,
            fix: "put all real servers into one block, or correct the address, the port or the protocol of one",
          };
      }
  },
};
