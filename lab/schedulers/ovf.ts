import { heaviest } from "./fo.ts";
import { available, forgetful, type SchedulingMethod } from "./method.ts";

/** Weighted overflow: as fo, but a destination that has more active connections than its weight is passed over. Where all have, none takes any. */
export const ovf: SchedulingMethod<null> = {
  title: "weighted overflow",
  rule: "goes to the real server of the highest weight that has no more active connections than its weight",
  flags: [],
  decidedBy: "loads",
  heeds: "value",
  inTurn: () => false,
  even: () => false,
  states: () => [null],
  next: (table, loads) =>
    forgetful(
      heaviest(
        table.destinations,
        available(table, loads).filter(
          (place) => (loads[place]?.active ?? 0) <= (table.destinations[place]?.weight ?? 0),
        ),
      ),
    ),
};
