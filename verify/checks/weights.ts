import { type Scheduler, schedulingOf } from "../../lab/index.ts";

/** Whether weights, in the same order of real servers, are the same to a scheduler: net/netfilter/ipvs/ip_vs_NAME.c. */
export function sameWeights(scheduler: Scheduler, wanted: readonly number[], found: readonly number[]): boolean {
  const pairs = wanted.map((weight, index) => [weight, found[index] ?? 0] as const);
  if (pairs.some(([one, other]) => (one === 0) !== (other === 0))) return false;
  const used = pairs.filter(([weight]) => weight > 0);
  /** Whether a relation of two weights is the same on both sides, for every two real servers. */
  const alike = (same: (wanted: [number, number], found: [number, number]) => boolean): boolean =>
    used.every(([one, its]) => used.every(([other, others]) => same([one, other], [its, others])));
  switch (schedulingOf({ scheduler }).heeds) {
    case "nothing":
      return true;
    case "ratio":
      return alike(([one, other], [its, others]) => one * others === other * its);
    case "order":
      return alike(([one, other], [its, others]) => !(one > other) || its > others);
    case "value":
      return used.every(([one, its]) => one === its);
  }
}
