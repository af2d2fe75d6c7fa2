import {
  electedOf,
  instanceOfVip,
  type Lab,
  longestPreemptDelay,
  poolOf,
  preemptionOf,
  promisedOutageOf,
  reactionTo,
  removalTime,
  returnTime,
  skewOf,
} from "../../lab/index.ts";
import { faults } from "../../verify/faults/index.ts";
import { type LiveLab, onServer } from "../../verify/live/live-lab.ts";
import { type ExpectStep, findScenario, readScenario } from "../../verify/scenarios/index.ts";
import { type Cell, stepsOf } from "./cells.ts";
import { type EventOf, events } from "./events.ts";

/** What a step takes beside the protocols' timers, in milliseconds: looks over SSH, the start of a run and its report. Measured. */
const LOOKS = 400;
const RUN = 600;

/** What a look at a server takes that cannot be reached, in milliseconds. Measured. */
const UNREACHABLE = 7000;

/** A boot until the lab works on a server again, per time from its kernel's start to its SSH server: 10.2 s by 6.2 s were measured. */
const BOOTS = 1.7;

/** How long one thing and another take in a cell, in milliseconds. */
interface Waits {
  /** From the fault until it has its effect. */
  readonly broken: number;
  /** From the heal until all is as before. */
  readonly healed: number;
  /** To heal it. */
  readonly heal: number;
}

/**
 * How long a cell takes, in milliseconds: the middle of what VRRP's and the health checks' timers promise, and the times for which the scenario watches.
 * @param bootMs how long a director boots
 */
export async function cellTime(lab: Lab, cell: Cell, bootMs: number): Promise<number> {
  const scenario = await readScenario(await findScenario(cell.scenario), { faults });
  const { broken, healed, heal } = waitsOf(lab, cell, bootMs);
  let [time, waits, unserved] = [RUN, 0, true];
  for (const step of stepsOf(lab, cell, scenario.steps)) {
    if (step.kind === "wait") time += step.ms;
    if (step.kind === "fault") [time, waits, unserved] = [time + LOOKS, broken, true];
    if (step.kind === "heal") [time, waits] = [time + heal, healed];
    if (step.kind !== "expect" || step.withinMs === 0) continue;
    const served = unserved ? servedOf(step) : 0;
    if (served > 0) unserved = false;
    time += waits + served + step.forMs + LOOKS;
    waits = 0;
  }
  return time;
}

/** For how long requests must have been answered, in milliseconds. */
const servedOf = ({ expectations }: ExpectStep): number =>
  Math.max(0, ...expectations.map((one) => (one.kind === "served" ? one.ms : 0)));

function waitsOf(lab: Lab, { event, service, realServer: place, tracked }: Cell, bootMs: number): Waits {
  const { realServer }: EventOf = events[event];
  if (realServer) {
    const failing = realServer.all ? poolOf(service) : [service.realServers[(place ?? 1) - 1]];
    const checks = failing.flatMap((one) => one?.healthCheck ?? service.healthCheck ?? []);
    return {
      broken: Math.max(0, ...checks.map((check) => middle(removalTime(check, realServer.failure)) * 1000)),
      healed: Math.max(0, ...checks.map((check) => middle(returnTime(check, realServer.failure)) * 1000)),
      heal: LOOKS,
    };
  }
  const instance = instanceOfVip(lab, service.vip);
  const master = instance && electedOf(instance);
  const standby = instance?.members.find(({ server }) => server !== master)?.server;
  if (!instance || !master || !standby) return { broken: 0, healed: 0, heal: LOOKS };
  if (tracked) {
    const { takeover, return: back } = reactionTo(lab, instance, master, tracked);
    return { broken: middle(takeover), healed: middle(back), heal: LOOKS };
  }
  const { crash } = promisedOutageOf(lab, instance, standby);
  const back = instance.preempt ? middle(preemptionOf(lab, instance, master)) : 0;
  const broken =
    event === "stop" || event === "reboot"
      ? skewOf(lab, instance, standby)
      : middle(crash) + (event === "cable" ? UNREACHABLE : 0);
  // While a director boots, keepalived already waits; one that wakes up announces at once.
  if (event === "crash" || event === "reboot")
    return { broken, healed: LOOKS + longestPreemptDelay(lab) * 1000, heal: bootMs };
  return { broken, healed: event === "freeze" ? LOOKS : back, heal: LOOKS };
}

const middle = (band: { readonly minimum: number; readonly maximum: number } | undefined): number =>
  band ? (band.minimum + band.maximum) / 2 : 0;

/** How long a director takes to boot, in milliseconds, by its last boot. */
async function bootTime(live: LiveLab, server: string): Promise<number> {
  // The unit has one name or the other; systemctl(1) shows 0 for one that is not there.
  const connection = await onServer(live, server);
  const said =
    await connection.run`systemctl show --property ActiveEnterTimestampMonotonic --value ssh.service sshd.service`;
  return (Math.max(0, ...said.split("\n").map(Number)) / 1000) * BOOTS;
}

/** How long each cell takes, in milliseconds. @throws Error if the first director cannot be asked how long it booted */
export async function timesOf(live: LiveLab, cells: readonly Cell[]): Promise<Map<Cell, number>> {
  const [director] = live.lab.servers;
  const bootMs = director ? await bootTime(live, director.name) : 0;
  return new Map(await Promise.all(cells.map(async (cell) => [cell, await cellTime(live.lab, cell, bootMs)] as const)));
}
