import type { Director } from "../../directors/director.ts";
import type { Instance, Track } from "../../directors/instance.ts";
import type { Rule } from "../rule.ts";

export const weightNeverFlips: Rule = {
  id: "weight-never-flips",
  title: "a tracked script, process or file whose weight never makes the master give way",
  level: "error",
  why:
    "A failure with a weight is no FAULT: it lowers the priority, or a positive weight no longer raises it. The master gives way only if its priority " +
    "falls below that of a backup on which all is well; at the same priority it stays.",
  source: "keepalived.conf(5), track_script; RFC 5798, section 6.4.3",
  *look({ routers }) {
    for (const { members } of routers) {
      const [master, ...backups] = members.toSorted((one, other) => best(other) - best(one));
      const heir = backups[0];
      if (!master || !heir || master.instance.priority === 255) continue;
      for (const track of master.instance.tracks) {
        const weight = weightOf(track, master.director);
        const failed = best(master) - Math.abs(weight);
        if (weight === 0 || failed < best(heir)) continue;
        yield {
          at: track.at,
          also: [heir.instance.at],
          message:
            `${track.name} fails and ${master.director.name} still has priority ${failed}, ${heir.director.name} has ${best(heir)}: ` +
            `${master.director.name} stays master of ${master.instance.name}`,
          fix: `give it a weight of ${weight < 0 ? "-" : ""}${best(master) - best(heir) + 1} or more, or none: then its failure is a FAULT`,
        };
      }
    }
  },
};

/** The priority while all that is tracked is well: positive weights are added. */
const best = ({ director, instance }: { director: Director; instance: Instance }): number =>
  instance.tracks
    .map((track) => Math.max(0, weightOf(track, director)))
    .reduce((sum, weight) => sum + weight, instance.priority);

const weightOf = ({ kind, name, weight }: Track, { tracked }: Director): number =>
  weight ?? tracked.find((one) => one.kind === kind && one.name === name)?.weight ?? 0;
