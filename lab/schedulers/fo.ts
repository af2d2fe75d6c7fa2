import { available, forgetful, type SchedulingMethod } from "./method.ts";

/** Weighted failover: everything to one destination, the first of the highest weight. */
export const fo: SchedulingMethod<null> = {
  title: "weighted failover",
  rule: "goes to the real server of the highest weight",
  flags: [],
  decidedBy: "weights",
  heeds: "order",
  inTurn: () => false,
  even: () => false,
  states: () => [null],
  next: (table, loads) => forgetful(heaviest(table.destinations, available(table, loads))),
};

/** The first place of the highest weight, if there is any. */
export const heaviest = (destinations: readonly { readonly weight: number }[], places: readonly number[]): number[] =>
  places
    .toSorted((one, other) => (destinations[other]?.weight ?? 0) - (destinations[one]?.weight ?? 0) || one - other)
    .slice(0, 1);
