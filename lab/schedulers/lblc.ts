import { activeCosts, isOverWeight, weightedLeast } from "./least.ts";
import { forgetful, type SchedulingMethod } from "./method.ts";

/** The destination of the VIP, undefined while it has none; and what an active connection costs. */
interface Entry {
  readonly place: number | undefined;
  readonly activeCost: number;
}

/**
 * Locality-based least connections. It remembers one destination for each address that clients ask for, for a day: a service of one VIP has one. Only
 * when that one has too much to do, wlc chooses another. It is made for caches before many web sites.
 */
export const lblc: SchedulingMethod<Entry> = {
  title: "locality-based least connections",
  rule: "goes to the VIP's one real server, until that has more active connections than its weight and another fewer than half of its own",
  flags: [],
  decidedBy: "loads",
  heeds: "value",
  inTurn: () => false,
  even: () => false,
  states: ({ destinations }) =>
    activeCosts.flatMap((activeCost) => [undefined, ...destinations.keys()].map((place) => ({ place, activeCost }))),
  next(table, loads, _connection, { place, activeCost }) {
    const usable = place !== undefined && (table.destinations[place]?.weight ?? 0) > 0;
    if (usable && !isOverWeight(table, loads, place)) return [{ to: place, state: { place, activeCost } }];
    return forgetful(weightedLeast(table, loads, activeCost)).map(({ to }) => ({
      to,
      state: { place: to ?? place, activeCost },
    }));
  },
};
