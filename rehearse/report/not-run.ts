import {
  electedOf,
  instanceOfVip,
  type Lab,
  poolOf,
  seesFailure,
  trackedBy,
  type VirtualService,
  type VrrpInstance,
} from "../../lab/index.ts";
import type { Director } from "../directors/director.ts";
import { isScript } from "../directors/tracked.ts";
import type { VirtualServer } from "../directors/virtual-server.ts";
import { weightsOf } from "../directors/weight.ts";
import { type Cell, cellsOf, cellWords, type Event, type EventOf, eventNames, events } from "../matrix/index.ts";
import { serviceNameOf } from "../plan/lab.ts";
import { serverNameOf } from "../plan/names.ts";
import type { NeverRun } from "../plan/running.ts";
import type { CellsNotRun } from "./result.ts";

/** What the configurations of a folder say of the directors, and which of their commands keepalived leaves out. */
interface Configured {
  readonly directors: readonly Director[];
  readonly neverRun: readonly NeverRun[];
}

/** The cells of a lab that nobody asked for, that say nothing, or that cannot be run, each with the reason. */
export function cellsLeftOut(lab: Lab, cells: readonly Cell[], configured: Configured): CellsNotRun[] {
  const possible = cellsOf(lab);
  const has = (all: readonly Cell[], event: Event, service: VirtualService) =>
    all.some((cell) => cell.event === event && nameOf(cell) === service.name);
  const leftOut = lab.services.flatMap((service) => {
    const instance = instanceOfVip(lab, service.vip);
    const scripts = instance ? scriptsLeftOut(instance, configured) : [];
    return scripts.map((one) => ({ service: service.name, ...one }));
  });
  const isToldBy = (event: Event, { name }: VirtualService) =>
    event === "script" && leftOut.some(({ service }) => service === name);
  const reasons = lab.services.flatMap((service) =>
    eventNames
      .filter((event) => !has(cells, event, service))
      .filter((event) => has(possible, event, service) || !isToldBy(event, service))
      .map((event) => ({
        ...{ service: service.name, event },
        reason: has(possible, event, service)
          ? "--only names other events"
          : (checkLeftOut(event, service, configured) ?? whyNot(lab, possible, event, service)),
      })),
  );
  const measured = new Set(lab.services.map(({ name }) => name));
  const others = new Set(
    configured.directors
      .flatMap(({ virtualServers }) => virtualServers)
      .filter((one) => !addressesOf(one).some((name) => measured.has(name)))
      .map(({ name }) => name),
  );
  return [
    ...grouped([...reasons, ...leftOut]),
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

/** The scripts of an instance's master that keepalived leaves out, by their names, with the reasons. */
function scriptsLeftOut(
  instance: VrrpInstance,
  { directors, neverRun }: Configured,
): { readonly event: string; readonly reason: string }[] {
  const director = directors.find(({ name }) => serverNameOf(name) === electedOf(instance));
  const configured = director?.instances.find(({ name }) => name === instance.name);
  if (!director || !configured) return [];
  const tracks = weightsOf(director, configured).filter(({ track }) => track.kind === "script");
  const scripts = director.tracked.filter(isScript).filter(({ name }) => tracks.some((one) => one.track.name === name));
  return scripts.flatMap(({ name, command }) => {
    const found = neverRun.find((one) => one.command.at === command?.at);
    return found ? [{ event: `script ${name}`, reason: `keepalived leaves the script out: ${found.why}` }] : [];
  });
}

/** Why nobody sees a real server fail whose health check keepalived leaves out. */
function checkLeftOut(event: Event, service: VirtualService, { directors, neverRun }: Configured): string | undefined {
  const { realServer }: EventOf = events[event];
  if (!realServer || service.healthCheck) return undefined;
  const lines = directors
    .flatMap(({ virtualServers }) => virtualServers)
    .filter((one) => addressesOf(one).includes(service.name))
    .flatMap(({ realServers }) => realServers.flatMap(({ checks }) => checks.flatMap(({ block }) => block)));
  const found = neverRun.find(({ command }) => lines.includes(command.at));
  return found && `keepalived leaves its health check out: ${found.why}`;
}

/** The services of the lab that a virtual server is by its addresses and ports. */
const addressesOf = ({ protocol, ranges }: VirtualServer): string[] =>
  protocol === "TCP" || protocol === "UDP" ? ranges.map(({ first, port }) => serviceNameOf(first, port, protocol)) : [];

function whyNoRealServer(service: VirtualService, { failure, all }: NonNullable<EventOf["realServer"]>): string {
  if (poolOf(service).length === 0) return "it has no real server that could answer";
  if (!all && poolOf(service).length < 2) return "it has no second real server that would be left";
  if (!service.healthCheck) return "it has no health check";
  return seesFailure(service, failure) ? "it does not apply" : "its health check does not see that";
}
