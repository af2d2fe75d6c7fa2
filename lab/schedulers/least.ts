import { available, type Load, type SchedulingTable } from "./method.ts";

/** What a destination's connections cost, as a range. */
export interface Cost {
  readonly least: number;
  readonly most: number;
}

/**
 * What an active connection costs where an inactive one costs 1. The kernel adds `activeconns << 8` and `inactconns`; newer ones of the 6.1 series
 * keep the number of all connections in place of the inactive ones, and so add an active one twice. Which one a director runs is not asked: both are
 * possible states.
 */
export const activeCosts = [256, 257];

/** ip_vs_dest_conn_overhead of include/net/ip_vs.h. */
const overhead = ({ active, inactive }: Load, activeCost: number): Cost => ({
  least: activeCost * active + inactive.least,
  most: activeCost * active + inactive.most,
});

/**
 * The places whose cost for their weight may be the least. A place may be it if it is with its own cost at the lower end and all others' at the upper
 * end.
 * @param ties which one of equal ones is taken: the first in the table, or any
 */
export const leastOf = (
  places: readonly number[],
  costOf: (place: number) => Cost,
  weightOf: (place: number) => number,
  ties: "first" | "any" = "first",
): number[] =>
  places.filter((place) =>
    places.every((other) => {
      const [mine, theirs] = [costOf(place).least * weightOf(other), costOf(other).most * weightOf(place)];
      return other === place || mine < theirs || (mine === theirs && (ties === "any" || place < other));
    }),
  );

/** The destinations of the whole table that wlc chooses, and lblc and lblcr where they have none of their own. */
export const weightedLeast = (table: SchedulingTable, loads: readonly Load[], activeCost: number): number[] =>
  leastOf(available(table, loads), overheadIn(loads, activeCost), weightIn(table));

export const overheadIn =
  (loads: readonly Load[], activeCost: number) =>
  (place: number): Cost => {
    const load = loads[place];
    if (!load) throw new Error(`the table has no destination ${place}`);
    return overhead(load, activeCost);
  };

export const weightIn =
  ({ destinations }: SchedulingTable) =>
  (place: number): number =>
    destinations[place]?.weight ?? 0;

/** Whether a destination has more active connections than its weight while another has fewer than half of its own: ip_vs_lblc.c, ip_vs_lblcr.c. */
export const isOverWeight = ({ destinations }: SchedulingTable, loads: readonly Load[], place: number): boolean =>
  (loads[place]?.active ?? 0) > (destinations[place]?.weight ?? 0) &&
  destinations.some(({ weight }, other) => (loads[other]?.active ?? 0) * 2 < weight);
