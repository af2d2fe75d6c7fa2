import { last } from "../../conf/tree.ts";
import { ownerPriority } from "../../directors/instance.ts";
import type { Rule } from "../rule.ts";

export const nopreemptWithMaster: Rule = {
  id: "nopreempt-with-master",
  title: "nopreempt on an instance that starts as master",
  level: "error",
  why:
    "keepalived clears nopreempt on an instance with state MASTER or priority 255 and says so in its log. After a failure such an instance takes the " +
    "addresses back as soon as it is up again: the second outage that nopreempt was to avoid.",
  source: "keepalived.conf(5), nopreempt: the initial state must not be MASTER; vrrp_complete_instance() in vrrp.c",
  *look({ directors }) {
    for (const director of directors)
      for (const { name, block, state, priority } of director.instances) {
        const at = last(block, "nopreempt", "preempt");
        const owner = priority === ownerPriority;
        if (at?.keyword !== "nopreempt" || (state === "BACKUP" && !owner)) continue;
        const stated = last(block, "state");
        yield {
          at,
          ...(stated && !owner ? { also: [stated] } : {}),
          message: `keepalived clears nopreempt on ${name} of ${director.name}, which has ${owner ? `priority ${ownerPriority}` : "state MASTER"}`,
          fix: owner
            ? "give it a priority below 255 and state BACKUP, or remove nopreempt"
            : "write `state BACKUP` on all directors: the highest priority becomes master at the first start, or remove nopreempt",
        };
      }
  },
};
