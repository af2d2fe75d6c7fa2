import type { Director } from "../../directors/director.ts";
import type { SyncGroup } from "../../directors/sync-group.ts";
import type { Member, VirtualRouter } from "../../directors/virtual-router.ts";
import { syncGroupOf } from "../../directors/weight.ts";
import type { Found, Rule, Subject } from "../rule.ts";
import { nameOf } from "../words.ts";

export const syncGroupOpen: Rule = {
  id: "sync-group-open",
  title: "a sync group that misses a member, here or on the peer",
  level: "error",
  why:
    "The members of a sync group go to MASTER, BACKUP and FAULT together. An instance that is outside goes alone, and a director without the group " +
    "becomes master of one member and leaves the other to its peer.",
  source: "keepalived.conf(5), vrrp_sync_group; vrrp_sync_set_group() in keepalived's vrrp_sync.c",
  *look(subject) {
    for (const director of subject.directors)
      for (const group of director.syncGroups) {
        yield* members(director, group);
        yield* peers(director, group, subject);
      }
  },
};

/** Members that are none, or another group's. */
function* members(director: Director, group: SyncGroup): Iterable<Found> {
  const found = group.members.filter(
    ({ name, at }) => name !== at.keyword || director.instances.some((one) => one.name === name),
  );
  for (const { name, at } of group.members) {
    const instance = director.instances.find((one) => one.name === name);
    const first = instance && syncGroupOf(director, instance);
    if (!instance)
      yield {
        at,
        message: `vrrp_sync_group ${group.name} of ${director.name} names ${name}, and no vrrp_instance is called so: keepalived leaves it out`,
        fix: "write the name of the vrrp_instance",
      };
    else if (first !== group)
      yield {
        at,
        ...(first ? { also: [first.at] } : {}),
        message: `${name} of ${director.name} is in vrrp_sync_group ${first?.name} already: keepalived leaves it out of ${group.name}`,
        fix: "join the two groups, or leave it in one of them",
      };
  }
  if (group.members.length === 0)
    yield {
      at: group.at,
      message: `vrrp_sync_group ${group.name} of ${director.name} names no vrrp_instance: keepalived leaves it out`,
      fix: "write `group { … }` into it, with the names of the instances that are to move together",
    };
  if (group.members.length === 1 && found.length === 1)
    yield {
      at: group.at,
      level: "warning",
      message: `vrrp_sync_group ${group.name} of ${director.name} has ${found[0]?.name} alone: nothing goes with it`,
      fix: "name all instances that are to move together, or remove the group",
    };
}

/** Instances that a group holds together here, and that no group holds together on a peer. */
function* peers(director: Director, group: SyncGroup, { directors, routers }: Subject): Iterable<Found> {
  const mine = group.members.flatMap(({ name }) => routers.filter((router) => has(router, director, name)));
  for (const peer of directors) {
    const theirs = mine.flatMap(({ members: all }) => all.filter((member) => member.director === peer));
    if (peer === director || theirs.length < 2) continue;
    const groups = theirs.map(({ instance }) => syncGroupOf(peer, instance));
    const kept = groups.find((one) => one !== undefined);
    const outside = theirs.filter((_, index) => groups[index] === undefined || groups[index] !== kept);
    const [first] = outside;
    if (!first) continue;
    const inside = theirs.find((member) => !outside.includes(member));
    yield {
      at: inside && kept ? kept.at : first.instance.at,
      also: [group.at],
      message: inside
        ? `${nameOf(first)} is not in the sync group of ${inside.instance.name}, on ${director.name} both are in ${group.name}`
        : `${theirs.map(({ instance }) => instance.name).join(" and ")} of ${peer.name} are in no sync group, on ${director.name} they are in ${group.name}`,
      fix: "write the same vrrp_sync_group on all directors",
    };
  }
}

const has = ({ members: all }: VirtualRouter, director: Director, name: string): boolean =>
  all.some((member: Member) => member.director === director && member.instance.name === name);
