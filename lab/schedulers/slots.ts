import { forgetful, type Move, type SchedulingTable } from "./method.ts";

/** Fills a hash table once for each scheduling table: the destination of each slot, by its place. */
export function slotsBy(fill: (table: SchedulingTable) => number[]): (table: SchedulingTable) => readonly number[] {
  const filled = new WeakMap<SchedulingTable, number[]>();
  return (table) => {
    const slots = filled.get(table) ?? fill(table);
    filled.set(table, slots);
    return slots;
  };
}

/**
 * Sends a connection to the destination of its slot, or looks on, in so many further slots, for one that takes it.
 * @param free the places of the destinations that take connections
 * @param place that of the slot; undefined: no destination has a slot
 * @param at the place of a further slot
 */
export function searched(
  free: readonly number[],
  place: number | undefined,
  further: number,
  at: (index: number) => number | undefined,
): Move<null>[] {
  let found = place;
  for (let index = 0; index < further && free.length > 0 && found !== undefined && !free.includes(found); index++)
    found = at(index);
  return forgetful(found !== undefined && free.includes(found) ? [found] : []);
}
