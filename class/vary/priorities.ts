import { trackedBy, type VrrpInstance } from "../../lab/index.ts";
import { drawAllowed, type Part, VaryError } from "./part.ts";

/** 255 is the address owner's, and 0 says that a master stops: RFC 9568, section 5.2.4. */
const limits = { lowest: 1, highest: 254 };

/**
 * The priorities of each VRRP instance, all moved by one number: who is elected, and what the weights of tracked objects do, stays as the exercise
 * has it.
 */
export const priorities: Part = {
  title: "the priorities of each VRRP instance, all moved by one number: who is elected stays the same",
  apply(data, lab, draws) {
    for (const [index, instance] of lab.vrrp.entries()) {
      const by = drawAllowed(draws, instance.name, roomOf(instance), (value) => value !== 0);
      if (by === undefined)
        throw new VaryError(
          `the priorities of ${instance.name}, with what it tracks, reach from ${limits.lowest} to ${limits.highest}. Fix: bring them closer together in the exercise, or leave priorities out`,
        );
      for (const [at, member] of (data.vrrp?.[index]?.members ?? []).entries())
        member.priority = (instance.members[at]?.priority ?? 0) + by;
    }
  },
};

/** How far priorities can be moved without one being cut off that was not, whatever is tracked. */
function roomOf(instance: VrrpInstance): { from: number; to: number } {
  const weights = trackedBy(instance).map(({ weight }) => weight);
  const sum = (sign: number): number => weights.reduce((total, weight) => total + Math.max(0, weight * sign), 0);
  const all = instance.members.map(({ priority }) => priority);
  return {
    from: Math.min(0, limits.lowest - Math.min(...all) + sum(-1)),
    to: Math.max(0, limits.highest - Math.max(...all) - sum(1)),
  };
}
