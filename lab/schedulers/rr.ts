import { available, type SchedulingMethod } from "./method.ts";

/** Round robin: one destination after the other, whatever their weights and connections. It remembers the last one, -1 before the first. */
export const rr: SchedulingMethod<number> = {
  title: "round robin",
  rule: "goes to the next real server in turn, whatever its weight",
  flags: [],
  decidedBy: "turns",
  heeds: "nothing",
  inTurn: () => true,
  even: () => true,
  states: ({ destinations }) => [-1, ...destinations.keys()],
  next(table, loads, _connection, last) {
    const places = available(table, loads);
    const to = places.find((place) => place > last) ?? places[0];
    return [{ to, state: to ?? last }];
  },
};
