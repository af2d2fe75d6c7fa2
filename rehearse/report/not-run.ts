import { instanceOfVip, type Lab, poolOf, seesFailure, trackedBy, type VirtualService } from "../../lab/index.ts";
import type { Director } from "../directors/director.ts";
import { type Cell, cellsOf, cellWords, type Event, type EventOf, eventNames, events } from "../matrix/index.ts";
import { serviceNameOf } from "../plan/lab.ts";
import type { CellsNotRun } from "./result.ts";

/** The cells of a lab that nobody asked for, that say nothing, or that cannot be run, each with the reason. */
export function cellsLeftOut(lab: Lab, cells: readonly Cell[], directors: readonly Director[]): CellsNotRun[] {
  const possible = cellsOf(lab);
  const has = (all: readonly Cell[], event: Event, service: VirtualService) =>
    all.some((cell) => cell.event === event && nameOf(cell) === service.name);
  const reasons = lab.services.flatMap((service) =>
    eventNames
      .filter((event) => !has(cells, event, service))
      .map((event) => ({
        ...{ service: service.name, event },
        reason: has(possible, event, service) ? "--only names other events" : whyNot(lab, possible, event, service),
      })),
  );
  const measured = new Set(lab.services.map(({ name }) => name));
  const others = new Set(
    directors
      .flatMap(({ virtualServers }) => virtualServers)
      .filter(
        ({ protocol, ranges }) =>
          (protocol !== "TCP" && protocol !== "UDP") ||
          !ranges.some(({ first, port }) => measured.has(serviceNameOf(first, port, protocol))),
      )
      .map(({ name }) => name),
  );
  return [
    ...grouped(reasons),
    ...[...others].map((service) => ({
      service,
      events: [...eventNames],
      reason: "it is no service by HTTP or UDP with an address and a port of its own in the client's network",
    })),
  ];
}

/** Cells that were to be run, and have not had their turn. */
export const cellsWaiting = (cells: readonly Cell[], reason: string): CellsNotRun[] =>
  grouped(cells.map((cell) => ({ service: nameOf(cell), event: cellWords(cell), reason }))).map((one) => ({
    ...one,
    waiting: true,
  }));

const nameOf = ({ service }: Cell): string => service.name;

/** One for each service and reason, in the order in which they come first. */
function grouped(
  all: readonly { readonly service: string; readonly event: string; readonly reason: string }[],
): CellsNotRun[] {
  const groups = new Map<string, { service: string; events: string[]; reason: string }>();
  for (const { service, event, reason } of all) {
    const key = `${service}\n${reason}`;
    const group = groups.get(key) ?? { service, events: [], reason };
    group.events.push(event);
    groups.set(key, group);
  }
  return [...groups.values()];
}

/** Why an event is no cell of a service. */
function whyNot(lab: Lab, possible: readonly Cell[], event: Event, service: VirtualService): string {
  const { realServer, tracked }: EventOf = events[event];
  if (realServer) return whyNoRealServer(service, realServer);
  const instance = instanceOfVip(lab, service.vip);
  if (!instance) return "no instance holds its address";
  if (instance.members.length < 2) return `${instance.name} is on one director alone`;
  if (service.realServers.length === 0) return "it has no real server that could answer";
  if (tracked && !trackedBy(instance).some(({ kind }) => kind === tracked))
    return `${instance.name} tracks no ${tracked}${tracked === "interface" ? " on another network" : ""}`;
  const twin = possible.find((cell) => cell.event === event && instanceOfVip(lab, cell.service.vip) === instance);
  if (twin) return `${nameOf(twin)} stands for it: ${instance.name} holds the addresses of both`;
  if (!instance.preempt) return `${instance.name} does not preempt: the master would not have its addresses back`;
  return "it does not apply";
}

function whyNoRealServer(service: VirtualService, { failure, all }: NonNullable<EventOf["realServer"]>): string {
  if (poolOf(service).length === 0) return "it has no real server that could answer";
  if (!all && poolOf(service).length < 2) return "it has no second real server that would be left";
  if (!service.healthCheck) return "it has no health check";
  return seesFailure(service, failure) ? "it does not apply" : "its health check does not see that";
}
