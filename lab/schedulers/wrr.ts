import type { SchedulingMethod, SchedulingTable } from "./method.ts";
import { alike, commonDivisor } from "./weights.ts";

/** Where it is: the last destination, -1 before the first, and the weight that the next one needs. */
interface Position {
  readonly last: number;
  readonly needed: number;
}

/**
 * Weighted round robin. It goes through the table again and again, and each time asks for a weight that is one step lower: first the highest, last 1.
 * The step is the greatest common divisor of all weights. So a destination of weight 3 beside one of weight 1 has two turns by itself, then both have
 * one.
 */
export const wrr: SchedulingMethod<Position> = {
  title: "weighted round robin",
  rule: "goes to the next real server in turn; one of a higher weight has more turns",
  flags: [],
  decidedBy: "turns",
  heeds: "ratio",
  inTurn: alike,
  even: alike,
  states(table) {
    const { highest, step } = passes(table);
    const needed: number[] = [];
    for (let weight = highest; weight > 0; weight -= step) needed.push(weight);
    const lasts = [-1, ...table.destinations.keys()];
    return needed.flatMap((weight) => lasts.map((last) => ({ last, needed: weight })));
  },
  next(table, loads, _connection, position) {
    const { highest, step } = passes(table);
    const { length } = table.destinations;
    let { last, needed } = position;
    // Each pass begins at the head of the table, the first one after the last destination.
    for (let pass = 0; pass <= highest / step + 1; pass++) {
      for (let place = last + 1; place < length; place++)
        if ((table.destinations[place]?.weight ?? 0) >= Math.max(1, needed) && !loads[place]?.overloaded)
          return [{ to: place, state: { last: place, needed } }];
      last = -1;
      needed = needed - step > 0 ? needed - step : highest;
    }
    return [{ to: undefined, state: position }];
  },
};

/** The weight that the first pass asks for, and by how much each further one asks for less: the last one asks for 1. */
function passes({ destinations }: SchedulingTable): { highest: number; step: number } {
  const weights = destinations.map(({ weight }) => weight);
  const step = commonDivisor(weights);
  return { highest: Math.max(0, ...weights) - (step - 1), step };
}
