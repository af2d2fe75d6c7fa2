import { activeCosts, type Cost, isOverWeight, leastOf, overheadIn, weightedLeast, weightIn } from "./least.ts";
import { available, forgetful, type Load, type SchedulingMethod, type SchedulingTable } from "./method.ts";

interface Entry {
  /** The destinations of the VIP, by their places in ascending order. */
  readonly places: readonly number[];
  /** Whether they are the same for a day, so that the next connection removes the busiest one: net.ipv4.vs.lblcr_expiration. */
  readonly stale: boolean;
  readonly activeCost: number;
}

/**
 * Locality-based least connections with replication: lblc with several destinations for each VIP, of which the one with the fewest connections for its
 * weight is used. When that has too much to do, wlc chooses from all, and the set grows by it.
 */
export const lblcr: SchedulingMethod<Entry> = {
  title: "locality-based least connections with replication",
  rule: "goes to the least loaded of the VIP's real servers; one is added when that has more active connections than its weight and another fewer than half of its own",
  flags: [],
  decidedBy: "loads",
  heeds: "value",
  inTurn: () => false,
  even: () => false,
  states: ({ destinations }) =>
    activeCosts.flatMap((activeCost) =>
      subsetsOf([...destinations.keys()]).flatMap((places) =>
        (places.length > 1 ? [false, true] : [false]).map((stale) => ({ places, stale, activeCost })),
      ),
    ),
  next(table, loads, _connection, { places, stale, activeCost }) {
    const own = available(table, loads).filter((place) => places.includes(place));
    // Of equal ones the kernel takes the one that was added last, which is not remembered here.
    const chosen = leastOf(own, overheadIn(loads, activeCost), weightIn(table), "any");
    const left = stale ? withoutBusiest(table, loads, places, activeCost) : [places];
    const rested = chosen.filter((place) => !isOverWeight(table, loads, place));
    const stays = rested.flatMap((to) =>
      left.map((remaining) => ({ to, state: { places: remaining, stale: false, activeCost } })),
    );
    if (chosen.length > 0 && rested.length === chosen.length) return stays;
    const anew = forgetful(weightedLeast(table, loads, activeCost)).flatMap(({ to }) =>
      left.map((remaining) => ({
        to,
        state: { places: to === undefined ? remaining : withPlace(remaining, to), stale: false, activeCost },
      })),
    );
    return [...stays, ...anew];
  },
};

/** What is left of a set when its busiest destination goes: one for each that it may be. */
function withoutBusiest(
  table: SchedulingTable,
  loads: readonly Load[],
  places: readonly number[],
  activeCost: number,
): number[][] {
  const costOf = overheadIn(loads, activeCost);
  // The most is the least of the negative.
  const negative = (place: number): Cost => ({ least: -costOf(place).most, most: -costOf(place).least });
  const weighted = places.filter((place) => weightIn(table)(place) > 0);
  return leastOf(weighted, negative, weightIn(table), "any").map((busiest) =>
    places.filter((place) => place !== busiest),
  );
}

const withPlace = (places: readonly number[], place: number): number[] =>
  [...new Set([...places, place])].sort((one, other) => one - other);

const subsetsOf = (places: readonly number[]): number[][] =>
  Array.from({ length: 2 ** places.length }, (_, members) => places.filter((_, index) => members & (1 << index)));
