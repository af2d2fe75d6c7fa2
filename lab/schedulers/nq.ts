import { leastOf, weightIn } from "./least.ts";
import { available, forgetful, type SchedulingMethod } from "./method.ts";
import { delayOf } from "./sed.ts";

/** Never queue: the first idle destination of the table, and by the shortest expected delay where none is idle. */
export const nq: SchedulingMethod<null> = {
  title: "never queue",
  rule: "goes to an idle real server, and where (active connections + 1) / weight is least if none is idle",
  flags: [],
  decidedBy: "loads",
  heeds: "ratio",
  inTurn: () => false,
  even: () => false,
  states: () => [null],
  next(table, loads) {
    const places = available(table, loads);
    const idle = places.find((place) => loads[place]?.active === 0);
    if (idle !== undefined) return forgetful([idle]);
    return forgetful(leastOf(places, (place) => delayOf(loads[place]), weightIn(table)));
  },
};
