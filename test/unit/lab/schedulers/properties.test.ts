import { describe, expect, it } from "vitest";
import { toIp } from "../../../../lab/index.ts";
import { schedulingMethods } from "../../../../lab/schedulers/index.ts";
import type { Load, NewConnection, SchedulingMethod, SchedulingTable } from "../../../../lab/schedulers/method.ts";
import { commonDivisor } from "../../../../lab/schedulers/weights.ts";
import { allMoves, methods } from "./scenarios.ts";

/** Whole numbers from 0 to `below`, the same every time (mulberry32). */
function numbersFrom(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return Math.floor((((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32) * below);
  };
}

const vip = toIp("172.25.254.100");
const from = (number: number): NewConnection => ({
  client: toIp(`172.25.${number % 256}.${1 + (number % 250)}`),
  clientPort: 1024 + number,
  vip,
});
const tableOf = (weights: readonly number[], flags: readonly string[] = []): SchedulingTable => ({
  flags,
  destinations: weights.map((weight, place) => ({ address: toIp(`172.25.254.${12 + place}`), port: 80, weight })),
});
const load = (active: number, inactive = 0, most = inactive, overloaded = false): Load => ({
  active,
  inactive: { least: inactive, most },
  overloaded,
});

/** A service that begins with nothing and makes the first decision that is allowed. */
class Director {
  readonly loads: Load[];
  readonly #method: SchedulingMethod;
  readonly #table: SchedulingTable;
  #state: unknown;

  constructor(method: SchedulingMethod, table: SchedulingTable) {
    this.#method = method;
    this.#table = table;
    this.loads = table.destinations.map(() => load(0));
    this.#state = method.states(table)[0];
  }

  /** Opens a connection and keeps it. */
  open(connection = from(0)): number | undefined {
    const [move] = this.#method.next(this.#table, this.loads, connection, this.#state);
    this.#state = move?.state;
    if (move?.to !== undefined) this.#change(move.to, 1, 0);
    return move?.to;
  }

  close(place: number): void {
    this.#change(place, -1, 1);
  }

  #change(place: number, active: number, inactive: number): void {
    const old = this.loads[place] ?? load(0);
    this.loads[place] = load(old.active + active, old.inactive.least + inactive);
  }
}

const draws = 200;

describe.each(methods)("%s", (_name, method) => {
  it("never sends a connection to a destination of weight 0, or to one that has reached its upper threshold", () => {
    const next = numbersFrom(1);
    for (let draw = 0; draw < draws; draw++) {
      const weights = [1 + next(5), 0, next(5), next(3)];
      const table = tableOf(weights, next(2) ? method.flags : []);
      // lblc goes on with the one that it has, whatever its threshold.
      const loads = weights.map((_, place) =>
        load(next(4), next(300), 300, place === 2 && method.title !== schedulingMethods.lblc.title),
      );
      for (const { to } of allMoves(method, table, loads, from(next(60_000)), method.states(table))) {
        if (to === undefined) continue;
        expect(weights[to]).toBeGreaterThan(0);
        expect(loads[to]?.overloaded).toBe(false);
      }
    }
  });

  it("allows with ranges of loads whatever it decides with some load of the range", () => {
    const next = numbersFrom(2);
    for (let draw = 0; draw < draws; draw++) {
      const table = tableOf(Array.from({ length: 1 + next(4) }, () => 1 + next(4)));
      const ranges = table.destinations.map(() => {
        const least = next(2) ? next(10) : 250 + next(10);
        return load(next(4), least, least + next(8));
      });
      const exact = ranges.map(({ active, inactive }) =>
        load(active, inactive.least + next(inactive.most - inactive.least + 1)),
      );
      for (const state of method.states(table)) {
        const allowed = method.next(table, ranges, from(draw), state).map(({ to }) => to);
        for (const { to } of method.next(table, exact, from(draw), state)) expect(allowed).toContain(to);
      }
    }
  });

  it("says in one line what it does", () => {
    expect(method.title).toMatch(/^[a-zA-Z][\w -]+$/);
    expect(method.rule).toMatch(/^(goes|is) [^\n]+[^.]$/);
  });
});

/** Weights of some destinations, none of them 0. */
function* someWeights(seed: number): Generator<number[]> {
  const next = numbersFrom(seed);
  for (let draw = 0; draw < draws; draw++) yield Array.from({ length: 1 + next(5) }, () => 1 + next(7));
}

const times = <T>(count: number, work: () => T): T[] => Array.from({ length: count }, work);
const tally = (places: readonly unknown[], count: number): number[] =>
  Array.from({ length: count }, (_, place) => places.filter((one) => one === place).length);

it("rr gives each destination one connection a round, whatever the weights", () => {
  for (const weights of someWeights(3)) {
    const director = new Director(schedulingMethods.rr, tableOf(weights));
    const round = times(weights.length, () => director.open());
    expect(tally(round, weights.length)).toEqual(weights.map(() => 1));
    expect(times(weights.length, () => director.open())).toEqual(round);
  }
});

it("wrr gives each destination as many connections a cycle as its weight, divided by what divides them all", () => {
  for (const weights of someWeights(4)) {
    const director = new Director(schedulingMethods.wrr, tableOf(weights));
    const shares = weights.map((weight) => weight / commonDivisor(weights));
    const cycle = shares.reduce((sum, share) => sum + share, 0);
    const first = times(cycle, () => director.open());
    expect(tally(first, weights.length)).toEqual(shares);
    expect(times(cycle, () => director.open())).toEqual(first);
  }
});

it.each([
  ["lc", (one: number) => one, (other: number) => other + 1],
  ["wlc", (one: number, weight: number) => (one - 1) / weight, (other: number, weight: number) => other / weight],
  ["sed", (one: number, weight: number) => one / weight, (other: number, weight: number) => (other + 1) / weight],
] as const)("%s keeps loads balanced while connections stay", (name, highest, lowest) => {
  for (const weights of someWeights(5)) {
    const director = new Director(schedulingMethods[name], tableOf(weights));
    times(40, () => director.open());
    const of = (bound: typeof highest) => director.loads.map(({ active }, place) => bound(active, weights[place] ?? 1));
    expect(Math.max(...of(highest))).toBeLessThanOrEqual(Math.min(...of(lowest)));
  }
});

it("nq leaves nobody idle, and otherwise does as sed", () => {
  for (const weights of someWeights(6)) {
    const [queue, delay] = [schedulingMethods.nq, schedulingMethods.sed].map(
      (one) => new Director(one, tableOf(weights)),
    );
    expect(new Set(times(weights.length, () => queue?.open())).size).toBe(weights.length);
    // A busy state that both came to.
    times(60, () => [queue?.open(), delay?.open()]);
    const loads = queue?.loads ?? [];
    const [ofQueue, ofDelay] = [schedulingMethods.nq, schedulingMethods.sed].map((one) =>
      one.next(tableOf(weights), loads, from(0), null),
    );
    expect(ofQueue).toEqual(ofDelay);
  }
});

it("fo stays with the first of the highest weight; ovf leaves it when it has more connections than its weight", () => {
  for (const weights of someWeights(7)) {
    const heaviest = weights.indexOf(Math.max(...weights));
    const failover = new Director(schedulingMethods.fo, tableOf(weights));
    expect(new Set(times(30, () => failover.open()))).toEqual(new Set([heaviest]));
    const overflow = new Director(schedulingMethods.ovf, tableOf(weights));
    const capacity = weights.reduce((sum, weight) => sum + weight + 1, 0);
    const places = times(capacity, () => overflow.open());
    expect(tally(places, weights.length)).toEqual(weights.map((weight) => weight + 1));
    expect(places.slice(0, (weights[heaviest] ?? 0) + 1).every((place) => place === heaviest)).toBe(true);
    expect(overflow.open()).toBe(undefined);
    overflow.close(heaviest);
    expect(overflow.open()).toBe(heaviest);
  }
});

it("lblc and lblcr stay with one destination while it is not over its weight", () => {
  for (const weights of someWeights(8))
    for (const name of ["lblc", "lblcr"] as const) {
      const director = new Director(schedulingMethods[name], tableOf(weights));
      const [place = 0] = [director.open()];
      director.close(place);
      expect(new Set(times((weights[place] ?? 0) + 1, () => director.open()))).toEqual(new Set([place]));
    }
});

describe("hashing", () => {
  const clients = Array.from({ length: 4000 }, (_, number) => ({
    client: toIp(`10.${number % 7}.${Math.floor(number / 250)}.${1 + (number % 250)}`),
    clientPort: 1024 + number,
    vip,
  }));
  const placesBy = (name: "sh" | "mh", weights: readonly number[], flags: readonly string[] = []) => {
    const table = tableOf(weights, flags);
    const loads = weights.map(() => load(0));
    return clients.map((client) => schedulingMethods[name].next(table, loads, client, null)[0]?.to);
  };

  it.each(["sh", "mh"] as const)("%s shares clients out by weight", (name) => {
    for (const weights of [
      [1, 1],
      [3, 1],
      [1, 2, 5],
    ]) {
      const all = weights.reduce((sum, weight) => sum + weight, 0);
      const shares = tally(placesBy(name, weights), weights.length).map((count) => count / clients.length);
      for (const [place, share] of shares.entries())
        expect(Math.abs(share - (weights[place] ?? 0) / all)).toBeLessThan(0.04);
    }
  });

  it.each(["sh", "mh"] as const)("%s takes the client's port into account if its flag says so", (name) => {
    const table = tableOf([1, 1, 1], [`${name}-port`]);
    const loads = [load(0), load(0), load(0)];
    const of = (flags: readonly string[]) => (clientPort: number) =>
      schedulingMethods[name].next({ ...table, flags }, loads, { ...from(1), clientPort }, null)[0]?.to;
    const ports = Array.from({ length: 50 }, (_, index) => 2000 + 7 * index);
    expect(new Set(ports.map(of([]))).size).toBe(1);
    expect(new Set(ports.map(of(table.flags))).size).toBe(3);
  });

  it("sh refuses the clients of a destination of weight 0, sh-fallback sends them to others and nobody else", () => {
    const refusing = placesBy("sh", [2, 0, 1]);
    const falling = placesBy("sh", [2, 0, 1], ["sh-fallback"]);
    expect(tally(refusing, 3)[1]).toBe(0);
    expect(refusing.filter((place) => place === undefined).length).toBeGreaterThan(clients.length / 5);
    expect(falling).not.toContain(undefined);
    expect(falling.filter((place, index) => refusing[index] !== undefined && place !== refusing[index])).toEqual([]);
  });

  it("mh moves few clients of the others when a destination goes", () => {
    const before = placesBy("mh", [1, 1, 1, 1]);
    const after = placesBy("mh", [1, 1, 1]); // without the last one
    const moved = before.filter((place, index) => place !== 3 && place !== after[index]).length;
    expect(moved / clients.length).toBeLessThan(0.1);
  });

  it("dh sends all clients of a VIP to one destination, and other VIPs to others", () => {
    const table = tableOf([1, 5, 3]);
    const loads = [load(3), load(0), load(9)];
    const of = (connection: NewConnection) => schedulingMethods.dh.next(table, loads, connection, null)[0]?.to;
    expect(new Set(clients.map(of)).size).toBe(1);
    const vips = Array.from({ length: 60 }, (_, index) => toIp(`172.25.254.${60 + index}`));
    expect(new Set(vips.map((one) => of({ ...from(0), vip: one }))).size).toBe(3);
  });
});
