import { detectionTime, IDLE_INTERVAL } from "./bfd.ts";
import { atLeast1, effectivePriority, preemptionOf, skewOf } from "./elections.ts";
import type { Lab, VrrpInstance } from "./model.ts";
import { byPriority } from "./queries.ts";

/** A stretch of time, in milliseconds. */
export interface Band {
  readonly minimum: number;
  readonly maximum: number;
}

/** What an instance tracks, of whatever kind. */
export interface Tracked {
  readonly kind: "interface" | "script" | "process" | "bfd";
  /** A network's name, or keepalived's for the script, the process or the BFD session. */
  readonly name: string;
  /** 0: its failure is the instance's FAULT. */
  readonly weight: number;
  /** How long keepalived takes to notice a failure. */
  readonly fails: Band;
  /** How long it takes to notice that all is well again. */
  readonly recovers: Band;
  /** The process that has to be there, as /proc/PID/comm has it: a tracked process, or what a script looks for, as far as it is known. */
  readonly process?: string;
}

const at = (milliseconds: number): Band => ({ minimum: milliseconds, maximum: milliseconds });

/**
 * How long so many results in a row take: the first run may be due at once or in an interval, and the last one's result may come as late as its
 * timeout allows.
 */
const inARow = (times: number, { interval, timeout }: { interval: number; timeout: number }): Band => ({
  minimum: (times - 1) * interval * 1000,
  maximum: (times * interval + timeout) * 1000,
});

/** All that an instance tracks: interfaces, scripts, processes, BFD sessions, in the order of the file. */
export const trackedBy = ({
  trackInterfaces = [],
  trackScripts = [],
  trackProcesses = [],
  trackBfd = [],
}: VrrpInstance): Tracked[] => [
  ...trackInterfaces.map(
    ({ network, weight }): Tracked => ({ kind: "interface", name: network, weight, fails: at(0), recovers: at(0) }),
  ),
  ...trackScripts.map(
    ({ name, weight, fall, rise, watches, ...times }): Tracked => ({
      ...{ kind: "script", name, weight },
      ...(watches === undefined ? {} : { process: watches }),
      fails: inARow(fall, times),
      recovers: inARow(rise, times),
    }),
  ),
  ...trackProcesses.map(
    ({ name, weight, delay, process }): Tracked => ({
      ...{ kind: "process", name, weight, process },
      fails: at(delay * 1000),
      recovers: at(delay * 1000),
    }),
  ),
  ...trackBfd.map(
    ({ name, weight, ...session }): Tracked => ({
      ...{ kind: "bfd", name, weight },
      fails: detectionTime(session),
      // Down, Init, Up: each end answers with its next packet, of which there is one a second while the session is down.
      recovers: { minimum: 0, maximum: 3 * IDLE_INTERVAL },
    }),
  ),
];

/** What follows when something that an instance tracks fails on its master. */
export interface Reaction {
  /** The master's priority then; undefined: it goes to FAULT. */
  readonly priority: number | undefined;
  /** Who takes over; undefined: the master stays. */
  readonly successor: string | undefined;
  /** The time from the failure until the successor is master. */
  readonly takeover: Band;
  /** The part of it in which nobody is: a master that only lowers its priority serves until it hears the better one. */
  readonly outage: Band;
  /** The time from recovery until the former master has it back; undefined: it does not take it back. */
  readonly return: Band | undefined;
}

/** @param master the director that holds the addresses while all is well */
export function reactionTo(
  lab: Lab,
  instance: VrrpInstance,
  master: string,
  { weight, fails, recovers }: Tracked,
): Reaction {
  const others = byPriority(instance).filter(({ server }) => server !== master);
  const best = others[0]?.server;
  const back = instance.preempt ? plus(recovers, preemptionOf(lab, instance, master)) : undefined;
  if (weight === 0) {
    // It says priority 0, and the standby waits for its skew alone.
    const skew = best === undefined ? at(0) : at(skewOf(lab, instance, best));
    return {
      ...{ priority: undefined, successor: best },
      ...{ takeover: plus(fails, skew), outage: skew, return: back },
    };
  }
  const priority = atLeast1((effectivePriority(instance, master) ?? 0) - Math.abs(weight));
  const heir = others.find(
    ({ server, preempt = instance.preempt }) => preempt && (effectivePriority(instance, server) ?? 0) > priority,
  )?.server;
  if (heir === undefined) return { priority, successor: undefined, takeover: at(0), outage: at(0), return: at(0) };
  return {
    ...{ priority, successor: heir },
    takeover: plus(fails, preemptionOf(lab, instance, heir)),
    ...{ outage: at(0), return: back },
  };
}

const plus = (one: Band, other: Band): Band => ({
  minimum: one.minimum + other.minimum,
  maximum: one.maximum + other.maximum,
});
