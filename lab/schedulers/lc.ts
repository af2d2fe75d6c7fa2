import { activeCosts, leastOf, overheadIn } from "./least.ts";
import { available, forgetful, type SchedulingMethod } from "./method.ts";

/** Least connections, whatever the weights. Active ones count far more than ended ones, which decide where no connection stands. */
export const lc: SchedulingMethod<number> = {
  title: "least connections",
  rule: "goes to the real server with the fewest connections, whatever its weight",
  flags: [],
  decidedBy: "loads",
  heeds: "nothing",
  inTurn: () => false,
  even: () => true,
  states: () => activeCosts,
  next: (table, loads, _connection, activeCost) =>
    forgetful(leastOf(available(table, loads), overheadIn(loads, activeCost), () => 1)).map(({ to }) => ({
      to,
      state: activeCost,
    })),
};
