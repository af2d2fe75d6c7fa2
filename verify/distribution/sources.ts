import { setTimeout as delay } from "node:timers/promises";
import {
  addressBeside,
  contains,
  familyOf,
  type Ip,
  type Lab,
  lastHost,
  networkOfVip,
  schedulingOf,
  subnetOf,
  type VirtualService,
} from "../../lab/index.ts";
import { available, type SchedulingTable } from "../../lab/schedulers/method.ts";
import { nextPort } from "../probe/source-ports.mjs";
import type { Model } from "./judge.ts";
import type { Source } from "./requests.ts";

/** How many addresses, or ports, lead to real servers in turn, and how many requests in a row go to each. */
const CHOSEN = 5;
const IN_A_ROW = 2;

/** How many addresses, or ports, there are to choose from. */
const CANDIDATES = 256;

/** How many ports the clock may bring, one every 3.25 ms, until one is taken that does not fit. */
const PATIENCE = 100;
const TURN_MS = 4;

/** The client's own address, and a port that the director does not remember. */
export const ownSource = (lab: Lab, service: VirtualService): Source => ({
  address: ownAddress(lab, service),
  port: nextPort(),
});

const ownAddress = (lab: Lab, { vip }: VirtualService): Ip => addressBeside(lab, lab.client, vip);

/** Where connections come from. */
export interface ClientPlan {
  /** Addresses that the client needs beside its own. */
  readonly addresses: readonly Ip[];
  next(): Promise<Source>;
}

interface CountedPlan extends ClientPlan {
  /** How many connections there are. */
  readonly count: number;
}

/**
 * For a service whose scheduler decides by the client. Connections lead to every real server, as far as anything does, two in a row
 * to each: no turns look like that. Of all that would, those are taken that another hashing scheduler, or this one with another fallback, sends elsewhere.
 */
export function manyClients(lab: Lab, service: VirtualService, model: Model): CountedPlan {
  const looksAtPort = service.schedulerFlags?.some((flag) => flag.endsWith("-port")) ?? false;
  return looksAtPort ? planByPort(lab, service, model) : planByAddress(lab, service, model);
}

function planByAddress(lab: Lab, service: VirtualService, model: Model): CountedPlan {
  const own = ownAddress(lab, service);
  const choices = freeAddresses(lab, service).map((address) => choiceOf(service, model, { address, port: 0 }));
  const first = choiceOf(service, model, { address: own, port: 0 });
  const chosen = [first];
  for (const place of wantedPlaces(model, choices, first.to).slice(first.to === undefined ? 0 : 1)) {
    const [best] = choices
      .filter((one) => one.to === place && !chosen.includes(one))
      .toSorted((one, other) => other.differs - one.differs);
    if (best) chosen.push(best);
  }
  const sources = chosen.flatMap(({ source, to }) => inARow(to).map(() => source.address));
  let asked = 0;
  return {
    addresses: [...new Set(sources)].filter((address) => address !== own),
    count: sources.length,
    next: async () => ({ address: sources[asked++] ?? own, port: nextPort() }),
  };
}

/**
 * For a service that sends everything to one real server, whoever asks: its own address and another one in turn, which schedulers that decide by the
 * client send to different real servers.
 */
export function twoClients(lab: Lab, service: VirtualService, model: Model): ClientPlan {
  const own = ownAddress(lab, service);
  const placesOf = (address: Ip) =>
    (["sh", "mh"] as const).map((scheduler) =>
      placeBy({ ...service, scheduler }, model, model.table, { address, port: 0 }),
    );
  const ownPlaces = placesOf(own);
  const other = freeAddresses(lab, service).find((address) =>
    placesOf(address).every((place, index) => place !== undefined && place !== ownPlaces[index]),
  );
  let asked = 0;
  return {
    addresses: other === undefined ? [] : [other],
    next: async () => ({ address: (asked++ % 2 === 1 && other) || own, port: nextPort() }),
  };
}

/** For a persistent service: its own address and, where a network's clients stay together, another one of that network in turn. */
export function clientsThatStay(lab: Lab, service: VirtualService): ClientPlan {
  const own = ownAddress(lab, service);
  const { persistenceNetmask } = service;
  const near = persistenceNetmask === undefined ? undefined : subnetOf(own, persistenceNetmask);
  const other = near && freeAddresses(lab, service).find((address) => contains(near, address));
  let asked = 0;
  return {
    addresses: other === undefined ? [] : [other],
    next: async () => ({ address: (asked++ % 2 === 1 && other) || own, port: nextPort() }),
  };
}

function planByPort(lab: Lab, service: VirtualService, model: Model): CountedPlan {
  const address = ownAddress(lab, service);
  const choices = Array.from({ length: CANDIDATES }, (_, port) => choiceOf(service, model, { address, port }));
  const places = wantedPlaces(model, choices).flatMap((place) => inARow(place).map(() => place));
  const mostDiffering = (place: number | undefined) =>
    Math.max(...choices.filter(({ to }) => to === place).map(({ differs }) => differs));
  let asked = 0;
  return {
    addresses: [],
    count: places.length,
    async next() {
      const place = places[asked++];
      for (let attempt = 0; ; attempt++) {
        const source = ownSource(lab, service);
        const { to, differs } = choiceOf(service, model, source);
        if (attempt >= PATIENCE || (to === place && differs >= mostDiffering(place))) return source;
        await delay(TURN_MS);
      }
    },
  };
}

/** The places that are to be reached, in order: those that take connections, and none at all, where a candidate is refused. */
function wantedPlaces(model: Model, choices: readonly Choice[], first?: number): (number | undefined)[] {
  const free = available(model.table, model.loads)
    .filter((place) => choices.some(({ to }) => to === place))
    .toSorted((one, other) => Number(other === first) - Number(one === first));
  const length = free.length === 0 ? 0 : Math.max(CHOSEN, free.length);
  const refused = choices.some(({ to }) => to === undefined) ? [undefined] : [];
  return [...Array.from({ length }, (_, index) => free[index % free.length]), ...refused];
}

/** One that is refused is asked for once: the kernel limits the ICMP messages that say so. */
const inARow = (place: number | undefined): unknown[] => Array.from({ length: place === undefined ? 1 : IN_A_ROW });

interface Choice {
  readonly source: Source;
  /** The place that it leads to; undefined: it is refused. */
  readonly to: number | undefined;
  /** How many other ways of scheduling by the client lead elsewhere. */
  readonly differs: number;
}

function choiceOf(service: VirtualService, model: Model, source: Source): Choice {
  const to = placeBy(service, model, model.table, source);
  const differs = waysLike(service).filter((other) => {
    const table = tableWith(model.table, other.schedulerFlags ?? []);
    return placeBy(other, model, table, source) !== to;
  }).length;
  return { source, to, differs };
}

function placeBy(
  service: VirtualService,
  { loads }: Model,
  table: SchedulingTable,
  { address, port }: Source,
): number | undefined {
  const method = schedulingOf(service);
  const connection = { client: address, clientPort: port, vip: service.vip };
  return method.next(table, loads, connection, method.states(table)[0])[0]?.to;
}

/** The service with each scheduler that decides by the client, with and without its fallback, and looking at the port as the service does. */
const waysLike = ({ schedulerFlags = [], ...service }: VirtualService): VirtualService[] =>
  (["sh", "mh"] as const).flatMap((scheduler) => {
    const port = schedulerFlags.some((flag) => flag.endsWith("-port")) ? [`${scheduler}-port`] : [];
    return [port, [`${scheduler}-fallback`, ...port]].map((flags) => ({
      ...service,
      scheduler,
      schedulerFlags: flags,
    }));
  });

const tables = new WeakMap<SchedulingTable, Map<string, SchedulingTable>>();

/** The table with other flags: always the same one, because models keep what they make of a table. */
function tableWith(table: SchedulingTable, flags: readonly string[]): SchedulingTable {
  const known = tables.get(table) ?? new Map<string, SchedulingTable>();
  tables.set(table, known);
  const found = known.get(flags.join()) ?? { ...table, flags };
  known.set(flags.join(), found);
  return found;
}

/** Addresses of a VIP's network that no host of the lab has, the highest first; without the highest, which a rogue router takes. */
function freeAddresses(lab: Lab, { vip }: VirtualService): Ip[] {
  const { subnets, hostAddresses } = networkOfVip(lab, vip);
  const subnet = subnets.find((one) => familyOf(one) === familyOf(vip));
  const taken = new Set<Ip>([
    ...lab.virtualAddresses.map(({ address }) => address),
    ...[lab.client, ...lab.servers].flatMap(({ interfaces }) => interfaces.flatMap(({ addresses }) => addresses)),
  ]);
  const free: Ip[] = [];
  for (let before = 0; subnet && free.length <= CANDIDATES; before++) {
    const address = lastHost(subnet, before);
    if (hostAddresses.includes(address)) break; // the first of the subnet
    if (!taken.has(address)) free.push(address);
  }
  return free.slice(1);
}
