import { last } from "../../conf/tree.ts";
import { numberOf } from "../../directors/instance.ts";
import type { Rule } from "../rule.ts";

export const preemptDelayIgnored: Rule = {
  id: "preempt-delay-ignored",
  title: "a preempt_delay that keepalived resets",
  level: "error",
  why:
    "keepalived resets preempt_delay on an instance with state MASTER, with nopreempt or in strict mode and says so in its log. A director with state " +
    "MASTER that comes up again takes the addresses at once, before what it needs to serve them is there.",
  source: "keepalived.conf(5), preempt_delay; vrrp_complete_instance() in vrrp.c",
  *look({ directors }) {
    for (const director of directors)
      for (const { name, block, state, preempt, preemptDelay, strict } of director.instances) {
        const at = last(block, "preempt_delay");
        if (!at || !numberOf(at) || preemptDelay > 0) continue;
        const [reason, fix] =
          state === "MASTER"
            ? ["state MASTER", "write `state BACKUP`: the highest priority becomes master"]
            : preempt
              ? [strict ? "strict mode" : "", "remove vrrp_strict, or preempt_delay"]
              : ["nopreempt", "remove one of the two: with nopreempt there is nothing to delay"];
        yield {
          at,
          message: `keepalived resets the preempt_delay of ${name} of ${director.name} because of ${reason}: it ${preempt ? "takes the addresses back without a delay" : "does not take the addresses back at all"}`,
          fix,
        };
      }
  },
};
