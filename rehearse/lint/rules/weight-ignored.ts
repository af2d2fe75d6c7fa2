import { ignoresWeights, syncGroupOf, weighted } from "../../directors/weight.ts";
import type { Rule } from "../rule.ts";
import { listed } from "../words.ts";

export const weightIgnored: Rule = {
  id: "weight-ignored",
  title: "a weight that keepalived ignores",
  level: "error",
  why:
    "Members of a sync group change together, so keepalived drops what one of them tracks with a weight: a script is not tracked at all, a lost " +
    "interface becomes a FAULT. The priority of an owner, 255, does not change either.",
  source: "keepalived.conf(5), sync_group_tracking_weight; vrrp_complete_instance() in vrrp.c",
  *look({ directors }) {
    for (const director of directors)
      for (const instance of director.instances) {
        const ignored = ignoresWeights(director, instance);
        const group = syncGroupOf(director, instance);
        const others = instance.tracks.map((track) => weighted(track, director));
        for (const { track, weight } of others) {
          if (!ignored || weight === 0 || (track.kind === "process" && ignored !== "owner")) continue;
          if (track.kind === "interface" && track.name === instance.interface) continue;
          const fault =
            ignored === "sync group" && (track.kind === "interface" || (track.kind === "file" && weight === 1));
          const because = ignored === "owner" ? "it has priority 255" : `it is in sync group ${group?.name}`;
          yield {
            at: track.at,
            ...(ignored === "sync group" && group ? { also: [group.at] } : {}),
            message:
              `keepalived ignores the weight ${weight} of ${track.name} for ${instance.name} of ${director.name}, for ${because}: ` +
              (fault ? "its failure is a FAULT of the whole group" : "its failure has no effect"),
            fix:
              ignored === "owner"
                ? "give the instance a priority below 255, or remove the weight"
                : `move it into a track_${track.kind} block of vrrp_sync_group ${group?.name} (${listed((group?.members ?? []).map(({ name }) => name))} change together), or remove the weight`,
          };
        }
      }
  },
};
