import { last } from "../../conf/tree.ts";
import type { Director } from "../../directors/director.ts";
import type { Instance } from "../../directors/instance.ts";
import { fall, instancesIn, type Weighted, weightsOf } from "../../directors/weight.ts";
import type { Found, Rule } from "../rule.ts";
import { listed } from "../words.ts";

export const weightIsNoFault: Rule = {
  id: "weight-is-no-fault",
  title: "notify_fault, or a weight as large as the priority, where a failure only lowers the priority",
  level: "note",
  why:
    "A failure with a weight changes the priority and not the state, so notify_fault does not run and no FAULT is told to anybody; it comes when an " +
    "interface is down. The lowest priority is 1: with it a director is still master where no other one is heard.",
  source:
    "keepalived.conf(5), track_script; process_script_update_priority() in keepalived's vrrp_track.c; acassen/keepalived issue 942",
  *look({ directors }) {
    for (const director of directors) {
      for (const instance of director.instances) yield* bottom(director, instance);
      for (const { name, block, members } of [
        ...director.instances.map(alone),
        ...director.syncGroups.map(grouped(director)),
      ]) {
        const at = last(block, "notify_fault");
        const tracked = members.flatMap((instance) => checks(director, instance));
        if (!at || tracked.length === 0 || tracked.some(({ weight }) => weight === 0)) continue;
        const names = [...new Set(tracked.map(({ track, weight }) => `${track.name} (weight ${weight})`))];
        yield {
          at,
          also: tracked.slice(0, 1).map(({ track }) => track.at),
          message: `notify_fault of ${name} of ${director.name} does not run when ${listed(names)} ${names.length === 1 ? "fails" : "fail"}: that lowers the priority and is no FAULT`,
          fix: "remove the weight if a failure is to be a FAULT; else do in notify_backup what is to happen",
        };
      }
    }
  },
};

/** Weights that take away all of the priority: more than a lower priority was meant. */
function* bottom(director: Director, instance: Instance): Iterable<Found> {
  for (const one of checks(director, instance))
    if (one.weight < 0 && one.track.kind !== "file" && instance.priority <= fall(one))
      yield {
        at: one.track.at,
        message: `the weight ${one.weight} of ${one.track.name} leaves ${instance.name} of ${director.name} (${instance.priority}) a priority of 1 and is no FAULT: it stays master while no other director is heard`,
        fix: "remove the weight if the failure is to be a FAULT",
      };
}

interface Notifying {
  readonly name: string;
  readonly block: Instance["block"];
  readonly members: readonly Instance[];
}

const alone = (instance: Instance): Notifying => ({ name: instance.name, block: instance.block, members: [instance] });

const grouped =
  (director: Director) =>
  (group: Director["syncGroups"][number]): Notifying => ({
    ...{ name: group.name, block: group.block },
    members: instancesIn(director, group),
  });

/** What is tracked beside interfaces. */
const checks = (director: Director, instance: Instance): Weighted[] =>
  weightsOf(director, instance).filter(({ track }) => track.kind !== "interface");
