import {
  electedOf,
  instanceOfVip,
  type Lab,
  poolOf,
  type RealServerFailure,
  reactionTo,
  seesFailure,
  type Tracked,
  trackedBy,
  type VirtualService,
  type VrrpInstance,
} from "../../lab/index.ts";
import { fitted } from "../../verify/failover/index.ts";
import { faults } from "../../verify/faults/index.ts";
import type { LiveLab } from "../../verify/live/live-lab.ts";
import { prepareScenario, type ResolvedScenario, type Scenario } from "../../verify/scenarios/index.ts";
import { type Event, type EventOf, eventNames, events } from "./events.ts";
import { failureOf } from "./tracked.ts";

/** A cell of the matrix: an event, as the clients of a service see it. */
export interface Cell {
  readonly event: Event;
  readonly service: VirtualService;
  readonly scenario: string;
  /** Of an event of one real server: its place among the service's, from 1. */
  readonly realServer?: number;
  /** Of an event of something that the master tracks. */
  readonly tracked?: Tracked;
}

/** What an event happens to: the name of a real server, or of what is tracked; null: the master, or all real servers. */
export const objectOf = ({ service, realServer, tracked }: Cell): string | null =>
  (realServer === undefined ? tracked?.name : service.realServers[realServer - 1]?.server) ?? null;

/**
 * The cells of a lab, the most telling first. Of a master's events, services whose address is held by the same instance see the same: the first one with
 * real servers stands for all of them. A real server of each service fails, if another one is left and a health check sees it; then all of them do.
 * Real servers that have the same health check and weight stand for one another; those of other kinds are at the end.
 */
export function cellsOf(lab: Lab, only: readonly Event[] = eventNames): Cell[] {
  const telling = tellingServices(lab);
  const all = eventNames
    .filter((event) => only.includes(event))
    .map((event): Cell[] => {
      const { realServer, tracked, scenario }: EventOf = events[event];
      if (realServer)
        return lab.services
          .filter((service) => poolOf(service).length > 0 && seesFailure(service, realServer.failure))
          .flatMap((service): Cell[] => {
            if (realServer.all) return [{ event, service, scenario: service.sorryServer ? "sorry-server" : scenario }];
            const places = poolOf(service).length > 1 ? placesApart(service, realServer.failure) : [];
            return places.map((place) => ({ event, service, scenario, realServer: place }));
          });
      return telling.flatMap((service): Cell[] => {
        const instance = instanceOfVip(lab, service.vip);
        // The other scenarios end when the master has its addresses back.
        if (!instance?.preempt) return event === "crash" ? [{ event, service, scenario: "no-preemption" }] : [];
        if (!tracked) return [{ event, service, scenario }];
        const objects = trackedBy(instance).filter(({ kind }) => kind === tracked);
        return objects.map((object) => ({ event, service, scenario, tracked: object }));
      });
    });
  const isFurther = ({ service, realServer }: Cell, index: number, row: readonly Cell[]): boolean =>
    realServer !== undefined && row.findIndex((cell) => cell.service === service) !== index;
  return [
    ...all.flatMap((row) => row.filter((...at) => !isFurther(...at))),
    ...all.flatMap((row) => row.filter(isFurther)),
  ];
}

/** Of each instance of several directors, the first service with real servers. */
function tellingServices(lab: Lab): VirtualService[] {
  const seen = new Set<VrrpInstance>();
  return lab.services.filter(({ vip, realServers, proxied }) => {
    const instance = instanceOfVip(lab, vip);
    const isServed = realServers.length > 0 || proxied !== undefined;
    const isNew = instance !== undefined && instance.members.length > 1 && isServed && !seen.has(instance);
    if (instance && isNew) seen.add(instance);
    return isNew;
  });
}

/** The real servers of a service that fail one after the other, by their places: one of each kind, whose health check sees the failure. */
function placesApart(service: VirtualService, failure: RealServerFailure): number[] {
  const kinds = new Map<string, number>();
  for (const [index, { weight, healthCheck = service.healthCheck }] of service.realServers.entries()) {
    const kind = JSON.stringify([weight, healthCheck]);
    const isSeen = healthCheck ? seesFailure({ healthCheck }, failure) : false;
    if (weight > 0 && isSeen && !kinds.has(kind)) kinds.set(kind, index + 1);
  }
  return [...kinds.values()];
}

/** A cell's scenario, with the deadlines that the lab's own timers need. */
export async function prepareCell(live: LiveLab, cell: Cell): Promise<ResolvedScenario> {
  const { service, scenario } = cell;
  const prepared = await prepareScenario(live, scenario, { service, adapt: (steps) => stepsOf(live.lab, cell, steps) });
  return { ...prepared, ...textsOf(cell) };
}

/** What the report says of a cell: the scenario's own text is about another event, or about one of several things that fail. */
function textsOf(cell: Cell): Partial<Pick<ResolvedScenario, "title" | "description">> {
  const { title, description, realServer, tracked }: EventOf = events[cell.event];
  const object = objectOf(cell);
  const words = cell.tracked && failureOf(cell.tracked).words;
  if (words) return words;
  return {
    ...(realServer || tracked ? { title: capital(object === null ? title : `${title}: ${object}`) } : {}),
    ...(description === undefined ? {} : { description }),
  };
}

const capital = (text: string): string => text.charAt(0).toUpperCase() + text.slice(1);

/** The steps of a cell, from those of its scenario. */
export function stepsOf(lab: Lab, { event, service, realServer: place, tracked }: Cell, steps: Scenario["steps"]) {
  const instance = instanceOfVip(lab, service.vip);
  const { realServer }: EventOf = events[event];
  const own = realServer
    ? onRealServers(steps, realServer.fault, place)
    : tracked && instance
      ? onTracked(steps, lab, instance, tracked)
      : steps;
  return instance ? fitted(own, lab, service, instance) : own;
}

/**
 * The steps with another fault, and with what is expected of any service alone: mails and shares depend on the configuration.
 * @param place of the real server that fails, from 1; undefined: all of them
 */
const onRealServers = (steps: Scenario["steps"], fault: string, place?: number): Scenario["steps"] => {
  const [first, meant] = ["real-server-1", `real-server-${place}`];
  const instead = (selector: string): string => (place !== undefined && selector === first ? meant : selector);
  return steps.flatMap((step): Scenario["steps"] => {
    if (step.kind === "fault") return [{ ...step, fault, on: instead(step.on) }];
    if (step.kind === "heal") return [{ ...step, fault }];
    if (step.kind !== "expect") return [step];
    const expectations = step.expectations.flatMap((one): typeof step.expectations => {
      if (one.kind === "table") return [{ ...one, without: one.without.map(instead) }];
      const isAboutAny =
        one.kind === "served" || one.kind === "vip" || (one.kind === "balance" && one.share === "sorry");
      return isAboutAny ? [one] : [];
    });
    return expectations.length === 0 ? [] : [{ ...step, expectations }];
  });
};

/** The steps with the fault by which this object fails. Where its weight is too small to move the addresses, they are expected to stay. */
function onTracked(steps: Scenario["steps"], lab: Lab, instance: VrrpInstance, tracked: Tracked): Scenario["steps"] {
  const { id, parameters } = failureOf(tracked);
  const fault = faults.find((one) => one.id === id);
  const { successor } = reactionTo(lab, instance, electedOf(instance), tracked);
  // As long as keepalived may take to notice, and a little more.
  const forMs = tracked.fails.maximum + 2000;
  return steps.map((step) => {
    if (step.kind === "fault")
      return { ...step, fault: id, parameters: (fault?.parameters.parse(parameters) ?? {}) as typeof step.parameters };
    if (step.kind === "heal") return { ...step, fault: id };
    if (step.kind !== "expect" || successor !== undefined) return step;
    const stays = step.expectations.some((one) => one.kind === "vip" && one.holders.includes("standby"));
    if (!stays) return step;
    const expectations = step.expectations.map((one) => {
      if (one.kind === "vip") return { ...one, holders: ["master"] };
      return one.kind === "arp" ? { ...one, owner: "master" } : one;
    });
    return { ...step, expectations, forMs };
  });
}

/** The services of a lab, for messages: `ADDRESS:PORT`, by UDP `ADDRESS:PORT/udp`. */
export const serviceWords = ({ services }: Lab): string => services.map(({ name }) => name).join(", ") || "none";
