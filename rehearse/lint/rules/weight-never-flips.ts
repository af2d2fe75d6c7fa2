import type { Member } from "../../directors/virtual-router.ts";
import { advertised, bestPriority, fall, weightsOf } from "../../directors/weight.ts";
import type { Found, Rule } from "../rule.ts";
import { eventOf, listed } from "../words.ts";

/** The largest weight that keepalived takes. */
const largest = 253;

export const weightNeverFlips: Rule = {
  id: "weight-never-flips",
  title: "something tracked whose weight never makes the master give way",
  level: "error",
  why:
    "A failure with a weight is no FAULT: it lowers the priority, or a positive weight no longer raises it. The master gives way only if its priority " +
    "falls below that of a backup on which all is well; at the same priority it stays.",
  source: "keepalived.conf(5), track_script; vrrp_state_backup() in keepalived's vrrp.c; RFC 5798, section 6.4.2",
  *look({ routers }) {
    for (const { members } of routers) {
      const [master, heir] = members.toSorted((one, other) => best(other) - best(one));
      if (master && heir) yield* inert(master, heir);
    }
  },
};

function* inert(master: Member, heir: Member): Iterable<Found> {
  const lowering = weightsOf(master.director, master.instance).filter(
    ({ weight, track }) => weight !== 0 && track.kind !== "file",
  );
  const well = advertised(best(heir));
  if (best(master) === 255) return;
  const worst = advertised(lowering.reduce((priority, one) => priority - fall(one), best(master)));
  for (const one of lowering) {
    const left = advertised(best(master) - fall(one));
    if (left < well) continue;
    const others = lowering.filter((other) => other !== one).map(({ track }) => track.name);
    const needed = best(master) - well + 1;
    const together = worst < well;
    yield {
      at: one.track.at,
      also: [heir.instance.at],
      ...(together ? { level: "note" as const } : {}),
      message:
        `${eventOf(one)} and ${master.director.name} still has priority ${left}, ${heir.director.name} has ${well}: ` +
        `${master.director.name} stays master of ${master.instance.name}${together ? ` unless ${listed(others)} ${others.length === 1 ? "fails" : "fail"} as well` : ""}`,
      fix:
        needed <= largest
          ? `give it a weight of ${one.weight < 0 ? `-${needed} or lower` : `${needed} or more`}, or none: then its failure is a FAULT`
          : "bring the directors' priorities closer together, or remove the weight: then its failure is a FAULT",
    };
  }
}

const best = ({ director, instance }: Member): number => bestPriority(director, instance);
