import { last } from "../../conf/tree.ts";
import type { Rule } from "../rule.ts";

export const persistenceUnasked: Rule = {
  id: "persistence-unasked",
  title: "a virtual server of all ports that says nothing of persistence",
  level: "warning",
  why:
    "IPVS has services of all ports with persistence alone. keepalived sets it, with a line in its log: a client stays with its real server, whatever the " +
    "scheduler says, until it has asked nothing for six minutes.",
  source:
    "validate_check_config() in keepalived's check_data.c; ip_vs_add_service() in Linux's ip_vs_ctl.c; ipvsadm(8), --persistent",
  *look({ directors }) {
    for (const { virtualServers } of directors)
      for (const { at, name, block, ranges, persistence } of virtualServers) {
        const every = ranges.find(({ port }) => port === 0);
        if (!every || last(block, "persistence_timeout", "persistence_granularity")) continue;
        yield {
          at: every.at.block ? at : every.at,
          message: `${name} has no port, so keepalived ties each client to a real server for ${persistence} s`,
          fix: "write the port, or `persistence_timeout SECONDS` to say so",
        };
      }
  },
};
