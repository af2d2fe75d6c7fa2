import { activeCosts, weightedLeast } from "./least.ts";
import { forgetful, type SchedulingMethod } from "./method.ts";
import { alike } from "./weights.ts";

/** Weighted least connections: ipvsadm's default. As lc, but connections are divided by the weight. */
export const wlc: SchedulingMethod<number> = {
  title: "weighted least connections",
  rule: "goes to the real server with the fewest connections for its weight",
  flags: [],
  decidedBy: "loads",
  heeds: "ratio",
  inTurn: () => false,
  even: alike,
  states: () => activeCosts,
  next: (table, loads, _connection, activeCost) =>
    forgetful(weightedLeast(table, loads, activeCost)).map(({ to }) => ({ to, state: activeCost })),
};
