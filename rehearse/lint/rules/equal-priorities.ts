import { ownerPriority } from "../../directors/instance.ts";
import { bestPriority } from "../../directors/weight.ts";
import type { Rule } from "../rule.ts";
import { nameOf, statementOf } from "../words.ts";

export const equalPriorities: Rule = {
  id: "equal-priorities",
  title: "directors of one priority of which state MASTER is to prefer one",
  level: "warning",
  why:
    "`state` says what an instance starts as; who becomes master is the priority's matter. At the same priority whoever is master stays it, and of two " +
    "that are master the one with the higher IP address does.",
  source: "RFC 5798, section 6.4.3; vrrp_state_backup() and vrrp_state_master_rx() in keepalived's vrrp.c",
  *look({ routers }) {
    for (const { members } of routers) {
      const [first, ...others] = members;
      for (const other of others) {
        if (!first || first.instance.priority !== other.instance.priority) continue;
        const best = bestPriority(first.director, first.instance);
        if (first.instance.priority === ownerPriority || best !== bestPriority(other.director, other.instance))
          continue;
        const master = [first, other].find(({ instance }) => instance.state === "MASTER");
        if (!master) continue;
        yield {
          at: statementOf(other.instance, "priority"),
          also: [statementOf(first.instance, "priority")],
          message: `${nameOf(first)} and ${other.director.name}'s both have priority ${first.instance.priority}: state MASTER does not make ${master.director.name} the preferred one`,
          fix: "give the director that is to be master the higher priority; or write `state BACKUP` on both if either may be",
        };
      }
    }
  },
};
