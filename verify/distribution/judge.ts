import {
  destinationKeyOf,
  type Ip,
  type RealServer,
  type SchedulingMethod,
  type VirtualService,
} from "../../lab/index.ts";
import type { Load, SchedulingTable } from "../../lab/schedulers/method.ts";
import type { Event } from "./experiment.ts";

/** What a service's destinations have to do when an experiment begins, by `ADDRESS:PORT`, in the kernel's own order. */
export type Start = ReadonlyMap<string, StartLoad>;

export interface StartLoad {
  readonly active: number;
  readonly inactive: number;
  /** How many of the inactive ones were forgotten until the experiment ended. */
  readonly forgotten: number;
}

/** A connection that went where the scheduler would not have sent it. */
export interface Misfit {
  /** Its place among the events. */
  readonly at: number;
  /** The servers to which it may have been sent; `nobody`: it was to be refused. */
  readonly allowed: readonly string[];
  /** What the real servers had to do, for people. */
  readonly loads: string;
}

/** A service as its scheduler knows it: the weights of the lab, in the order of the director's table. */
export interface Model {
  readonly table: SchedulingTable;
  /** The real servers, in the order of the table. */
  readonly servers: readonly RealServer[];
  readonly loads: readonly Load[];
}

export function modelOf(service: VirtualService, start: Start): Model {
  const keys = [...start.keys()];
  const placeOf = (real: RealServer) => keys.indexOf(destinationKeyOf(service, real));
  // One that is not there would be added at the head.
  const servers = service.realServers.toSorted((one, other) => placeOf(one) - placeOf(other));
  return {
    table: { flags: service.schedulerFlags ?? [], destinations: servers },
    servers,
    loads: servers.map((real) => {
      const { active, inactive, forgotten } = start.get(destinationKeyOf(service, real)) ?? nothing;
      return { active, inactive: { least: inactive - forgotten, most: inactive }, overloaded: false };
    }),
  };
}

const nothing: StartLoad = { active: 0, inactive: 0, forgotten: 0 };

/** The first connection that does not fit the scheduler's model, whatever state it began in; undefined if all fit. */
export function misfitIn(
  method: SchedulingMethod,
  { table, servers, loads: atStart }: Model,
  vip: Ip,
  events: readonly Event[],
): Misfit | undefined {
  const loads = [...atStart];
  const change = (place: number, active: number, inactive: number) => {
    const load = loads[place];
    if (load) loads[place] = changed(load, active, inactive);
  };
  let states = method.states(table);
  for (const [at, event] of events.entries()) {
    const place = servers.findIndex(({ server }) => server === serverIn(event));
    if (event.kind === "released") change(place, -1, 1);
    else {
      const connection = { client: event.from.address, clientPort: event.from.port, vip };
      const moves = withOverloads(loads, servers).flatMap((possible) =>
        states.flatMap((state) => method.next(table, possible, connection, state)),
      );
      const to = event.answer.outcome === "refused" ? undefined : place;
      const made = moves.filter((move) => move.to === to);
      if (made.length === 0) return { at, allowed: namesOf(moves, servers), loads: inWords(servers, loads) };
      states = distinct(made.map(({ state }) => state));
      if (to !== undefined) change(to, event.kind === "held" ? 1 : 0, event.kind === "held" ? 0 : 1);
    }
  }
  return undefined;
}

/** The loads with what may be known of upper thresholds: several, where a real server may have reached its own, or not. */
const withOverloads = (loads: readonly Load[], servers: readonly RealServer[]): Load[][] =>
  loads.reduce<Load[][]>(
    (all, load, place) =>
      all.flatMap((before) =>
        overloadsOf(load, servers[place]).map((overloaded) => [...before, { ...load, overloaded }]),
      ),
    [[]],
  );

/**
 * Whether a real server has reached its upper threshold: it has at so many connections, and until they are fewer than the lower one, or than three
 * quarters of the upper one (ip_vs_bind_dest() and ip_vs_unbind_dest() in net/netfilter/ipvs/ip_vs_conn.c).
 */
function overloadsOf(
  { active, inactive }: Load,
  { upperThreshold, lowerThreshold }: Partial<RealServer> = {},
): boolean[] {
  if (upperThreshold === undefined) return [false];
  if (active + inactive.least >= upperThreshold) return [true];
  return active + inactive.most < (lowerThreshold ?? (upperThreshold * 3) / 4) ? [false] : [false, true];
}

/** Whether so many connections, by server, are a whole stretch of the scheduler's turns, whoever opened them and in whatever order. */
export function isStretch(
  method: SchedulingMethod,
  { table, servers, loads }: Model,
  counts: Readonly<Record<string, number>>,
): boolean {
  const wanted = servers.map(({ server }) => counts[server] ?? 0);
  const total = wanted.reduce((sum, count) => sum + count, 0);
  // Turns depend on no connection: any will do.
  const connection = { client: "0.0.0.0" as Ip, clientPort: 0, vip: "0.0.0.0" as Ip };
  return method.states(table).some((first) => {
    const left = [...wanted];
    let state = first;
    for (let turn = 0; turn < total; turn++) {
      const [move] = method.next(table, loads, connection, state);
      const count = move?.to === undefined ? 0 : (left[move.to] ?? 0);
      if (move?.to === undefined || count === 0) return false;
      left[move.to] = count - 1;
      state = move.state;
    }
    return true;
  });
}

const serverIn = (event: Event): string | undefined => (event.kind === "released" ? event.server : event.answer.server);

const changed = (load: Load, active: number, inactive: number): Load => ({
  ...load,
  active: load.active + active,
  inactive: { least: load.inactive.least + inactive, most: load.inactive.most + inactive },
});

const distinct = (states: readonly unknown[]): unknown[] => [
  ...new Map(states.map((state) => [JSON.stringify(state), state])).values(),
];

const namesOf = (moves: readonly { readonly to: number | undefined }[], servers: readonly RealServer[]): string[] => [
  ...new Set(moves.map(({ to }) => (to === undefined ? "nobody" : (servers[to]?.server ?? "nobody")))),
];

const inWords = (servers: readonly RealServer[], loads: readonly Load[]): string =>
  servers
    .map(({ server }, place) => `${server} ${loads[place]?.active} active and ${loads[place]?.inactive.most} inactive`)
    .join(", ");
