import { last } from "../../conf/tree.ts";
import type { Member } from "../../directors/virtual-router.ts";
import { advertised, bestPriority, fall, type Weighted, weightsOf } from "../../directors/weight.ts";
import type { Found, Rule } from "../rule.ts";
import { eventOf, nameOf } from "../words.ts";

export const nopreemptWithWeights: Rule = {
  id: "nopreempt-with-weights",
  title: "nopreempt on a backup of a master that only lowers its priority",
  level: "error",
  why:
    "A failure with a weight lowers the master's priority and leaves it master. A backup with nopreempt goes on accepting the advertisements of a " +
    "master of lower priority, so nobody takes over; only a FAULT or silence makes it.",
  source:
    "vrrp_state_backup() in keepalived's vrrp.c, the same in 2.2.7, 2.3.3 and 2.4; acassen/keepalived issues 2379 and 2599; keepalived.conf(5), nopreempt",
  *look({ routers }) {
    for (const { members } of routers) {
      const [only] = members;
      if (only && members.length === 1) yield* alone(only);
      else for (const backup of members) yield* behind(backup, members);
    }
  },
};

/** What the other members lower, where nobody takes over from them. */
function* behind(backup: Member, members: readonly Member[]): Iterable<Found> {
  const at = nopreempt(backup);
  if (!at) return;
  for (const master of members) {
    const heirs = members.filter((one) => one !== master);
    if (master === backup || heirs.some(({ instance }) => instance.preempt)) continue;
    const best = bestPriority(master.director, master.instance);
    const own = advertised(bestPriority(backup.director, backup.instance));
    const lowering = weights(master).find((one) => one.track.kind === "file" || advertised(best - fall(one)) < own);
    if (!lowering) continue;
    const left = lowering.track.kind === "file" ? "" : ` with priority ${advertised(best - fall(lowering))}`;
    yield {
      at,
      also: [lowering.track.at],
      message: `${nameOf(backup)} has nopreempt: when ${eventOf(lowering)}, ${master.director.name} stays master${left}, for ${backup.director.name} (${own}) does not take over`,
      fix: `remove nopreempt, or the weight of ${lowering.track.name}: then its failure is a FAULT, and the other director takes over`,
    };
  }
}

/** One director without its peer: what it does depends on the other one's nopreempt. */
function* alone(member: Member): Iterable<Found> {
  const at = nopreempt(member);
  const [lowering] = weights(member);
  if (at && lowering)
    yield {
      at,
      also: [lowering.track.at],
      level: "note",
      message: `${nameOf(member)} has nopreempt, and ${lowering.track.name} a weight of ${lowering.weight}: if the other director has nopreempt as well, it does not take over when ${eventOf(lowering)}`,
      fix: "put the other director's configuration into the folder; let only one of nopreempt and weights stand",
    };
}

const nopreempt = ({ instance }: Member) => (instance.preempt ? undefined : last(instance.block, "nopreempt"));

const weights = ({ director, instance }: Member): Weighted[] =>
  weightsOf(director, instance).filter(({ weight }) => weight !== 0);
