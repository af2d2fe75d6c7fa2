import type { SchedulingTable } from "./method.ts";

/** Fills a hash table once for each scheduling table: the destination of each slot, by its place. */
export function slotsBy(fill: (table: SchedulingTable) => number[]): (table: SchedulingTable) => readonly number[] {
  const filled = new WeakMap<SchedulingTable, number[]>();
  return (table) => {
    const slots = filled.get(table) ?? fill(table);
    filled.set(table, slots);
    return slots;
  };
}
