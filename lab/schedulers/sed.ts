import { leastOf, weightIn } from "./least.ts";
import { available, forgetful, type SchedulingMethod } from "./method.ts";

/** Shortest expected delay: as if the connection were there already. Ended connections count nothing. */
export const sed: SchedulingMethod<null> = {
  title: "shortest expected delay",
  rule: "goes where (active connections + 1) / weight is least",
  flags: [],
  decidedBy: "loads",
  heeds: "ratio",
  inTurn: () => false,
  even: () => false,
  states: () => [null],
  next: (table, loads) =>
    forgetful(leastOf(available(table, loads), (place) => delayOf(loads[place]), weightIn(table))),
};

export const delayOf = ({ active }: { readonly active: number } = { active: 0 }) => ({
  least: active + 1,
  most: active + 1,
});
