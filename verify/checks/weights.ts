import type { Scheduler } from "../../lab/index.ts";

/**
 * What a scheduler makes of weights above 0, by the kernel's net/netfilter/ipvs/ip_vs_*.c. All of them pass over a weight of 0.
 * - `nothing`: rr and lc do not look at them, nor does dh;
 * - `ratio`: shares, or loads that are divided by the weight;
 * - `order`: fo takes the highest;
 * - `value`: ovf takes the next real server from so many connections on.
 */
const heeded: Readonly<Record<Scheduler, "nothing" | "ratio" | "order" | "value">> = {
  rr: "nothing",
  lc: "nothing",
  dh: "nothing",
  wrr: "ratio",
  wlc: "ratio",
  lblc: "ratio",
  lblcr: "ratio",
  sh: "ratio",
  sed: "ratio",
  nq: "ratio",
  mh: "ratio",
  fo: "order",
  ovf: "value",
};

/** Whether weights, in the same order of real servers, are the same to a scheduler. */
export function sameWeights(scheduler: Scheduler, wanted: readonly number[], found: readonly number[]): boolean {
  const pairs = wanted.map((weight, index) => [weight, found[index] ?? 0] as const);
  if (pairs.some(([one, other]) => (one === 0) !== (other === 0))) return false;
  const used = pairs.filter(([weight]) => weight > 0);
  /** Whether a relation of two weights is the same on both sides, for every two real servers. */
  const alike = (same: (wanted: [number, number], found: [number, number]) => boolean): boolean =>
    used.every(([one, its]) => used.every(([other, others]) => same([one, other], [its, others])));
  switch (heeded[scheduler]) {
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
