import { last } from "../../conf/tree.ts";
import { instancesIn } from "../../directors/weight.ts";
import type { Rule } from "../rule.ts";
import { listed } from "../words.ts";

export const nopreemptOnOneMember: Rule = {
  id: "nopreempt-on-one-member",
  title: "nopreempt on some members of a sync group alone",
  level: "warning",
  why:
    "A director takes a sync group over only if all members want to be master. One that leaves its address with a living master of lower priority holds " +
    "back the others, which would take theirs back: the group behaves as if all had nopreempt.",
  source: "vrrp_sync_can_goto_master() in keepalived's vrrp_sync.c; seen on keepalived 2.2.7",
  *look({ directors }) {
    for (const director of directors)
      for (const group of director.syncGroups) {
        const members = instancesIn(director, group);
        const others = members.filter(({ preempt }) => preempt);
        if (others.length === 0) continue;
        for (const { name, block, preempt } of members) {
          const at = last(block, "nopreempt");
          if (preempt || !at) continue;
          yield {
            at,
            also: [group.at],
            message: `${name} of ${director.name} has nopreempt, and ${listed(others.map((one) => one.name))} in the same sync group not: ${director.name} takes none of ${group.name} back from a living master`,
            fix: `write nopreempt, with \`state BACKUP\`, into all members of ${group.name}, or into none`,
          };
        }
      }
  },
};
