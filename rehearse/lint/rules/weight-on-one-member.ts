import type { Director } from "../../directors/director.ts";
import type { SyncGroup } from "../../directors/sync-group.ts";
import { instancesIn, weighted } from "../../directors/weight.ts";
import type { Found, Rule } from "../rule.ts";
import { listed } from "../words.ts";

export const weightOnOneMember: Rule = {
  id: "weight-on-one-member",
  title: "a weight that lowers the priority of one member of a sync group alone",
  level: "error",
  why:
    "A director takes a sync group over only if all members want to be master. If one member's priority falls and another's does not, the backup hears " +
    "the other one's master, takes nothing over, and the master keeps the group.",
  source: "vrrp_sync_can_goto_master() in keepalived's vrrp_sync.c; seen on keepalived 2.2.7",
  *look({ directors }) {
    for (const director of directors)
      for (const group of director.syncGroups) if (group.trackingWeight) yield* onOne(director, group);
  },
};

function* onOne(director: Director, group: SyncGroup): Iterable<Found> {
  const members = instancesIn(director, group);
  for (const instance of members)
    for (const { track, weight } of instance.tracks.map((one) => weighted(one, director))) {
      const without = members.filter(
        (member) => ![...member.tracks, ...group.tracks].some((one) => sameThing(one, track)),
      );
      if (weight === 0 || without.length === 0) continue;
      yield {
        at: track.at,
        also: [group.at],
        message: `${track.name} changes the priority of ${instance.name} of ${director.name} alone, not that of ${listed(without.map(({ name }) => name))} in the same sync group: nobody takes ${group.name} over`,
        fix: `move it into a track_${track.kind} block of vrrp_sync_group ${group.name}`,
      };
    }
}

const sameThing = (one: SyncGroup["tracks"][number], other: SyncGroup["tracks"][number]): boolean =>
  one.kind === other.kind && one.name === other.name;
