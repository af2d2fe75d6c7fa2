import type { Director } from "../../directors/director.ts";
import { ownerPriority } from "../../directors/instance.ts";
import type { Member } from "../../directors/virtual-router.ts";
import { syncGroupOf } from "../../directors/weight.ts";
import type { Rule, Subject } from "../rule.ts";
import { nameOf, statementOf } from "../words.ts";

export const prioritiesCrossed: Rule = {
  id: "priorities-crossed",
  title: "a sync group in which one director has the higher priority of one member and its peer that of another",
  level: "warning",
  why:
    "A director takes a sync group over only if all its members want to be master. With crossed priorities neither director's do, so whoever becomes " +
    "master first keeps the group: no priority and no weight moves it, only a FAULT or silence.",
  source: "vrrp_sync_can_goto_master() in keepalived's vrrp_sync.c; seen on keepalived 2.2.7",
  *look(subject) {
    for (const [index, director] of subject.directors.entries())
      for (const peer of subject.directors.slice(index + 1)) {
        const pairs = pairsOf(director, peer, subject);
        for (const group of director.syncGroups) {
          const inside = pairs.filter(([mine]) => syncGroupOf(director, mine.instance) === group);
          const [first] = inside.filter(([mine, theirs]) => mine.instance.priority > theirs.instance.priority);
          const [crossed] = inside.filter(([mine, theirs]) => mine.instance.priority < theirs.instance.priority);
          if (!first || !crossed || inside.flat().some(({ instance }) => instance.priority === ownerPriority)) continue;
          yield {
            at: statementOf(crossed[1].instance, "priority"),
            also: [statementOf(first[0].instance, "priority")],
            message:
              `${nameOf(first[0])} has the higher priority (${first[0].instance.priority}, ${peer.name} ${first[1].instance.priority}), of ${crossed[0].instance.name} ${peer.name} has it ` +
              `(${crossed[1].instance.priority}, ${director.name} ${crossed[0].instance.priority}): whoever becomes master of ${group.name} first keeps it`,
            fix: "give one director the higher priority of all members of the group",
          };
        }
      }
  },
};

/** What two directors have of each virtual router that both are of. */
const pairsOf = (director: Director, peer: Director, { routers }: Subject): (readonly [Member, Member])[] =>
  routers.flatMap(({ members }) => {
    const [mine, theirs] = [director, peer].map((one) => members.find((member) => member.director === one));
    return mine && theirs ? [[mine, theirs] as const] : [];
  });
