import { last } from "../../conf/tree.ts";
import { ownerPriority } from "../../directors/instance.ts";
import type { Rule } from "../rule.ts";
import { nameOf, statementOf } from "../words.ts";

export const ownerPriorityTaken: Rule = {
  id: "owner-priority",
  title: "priority 255, the address owner's, by accident or twice",
  level: "warning",
  why:
    "Priority 255 says that the address is the director's own. It becomes master at once whenever it comes up, whatever it tracks with weights, and " +
    "two such directors both hold the address until one notices and goes down to 254. With state MASTER and no priority keepalived takes 255.",
  source: "RFC 5798, section 5.2.4; vrrp_complete_instance() and vrrp_state_master_rx() in keepalived's vrrp.c",
  *look({ routers }) {
    for (const { members } of routers) {
      const owners = members.filter(({ instance }) => instance.priority === ownerPriority);
      const [first, ...others] = owners;
      for (const other of others)
        if (first)
          yield {
            at: statementOf(other.instance, "priority", ...(last(other.instance.block, "priority") ? [] : ["state"])),
            also: [statementOf(first.instance, "priority")],
            level: "error",
            message: `${nameOf(first)} and ${nameOf(other)} both have priority ${ownerPriority}: both become master at once when they start`,
            fix: "give each director another priority, below 255",
          };
      if (first && !last(first.instance.block, "priority"))
        yield {
          at: statementOf(first.instance, "state"),
          message: `${nameOf(first)} has state MASTER and no priority: keepalived takes ${ownerPriority}, the address owner's`,
          fix: "write a priority below 255, higher than the other director's",
        };
    }
  },
};
