import type { Lab, VrrpInstance } from "./model.ts";
import { priorityIn } from "./queries.ts";
import { masterDownInterval, type PromisedOutage, promisedOutage, skew, type VrrpTimers } from "./vrrp.ts";

/** The weights of all that an instance tracks. */
const weightsOf = ({
  trackInterfaces = [],
  trackScripts = [],
  trackProcesses = [],
  trackBfd = [],
}: VrrpInstance): number[] =>
  [...trackInterfaces, ...trackScripts, ...trackProcesses, ...trackBfd].map(({ weight }) => weight);

/**
 * A director's priority while all that the instance tracks is well: positive weights are added to the configured one. Undefined if it takes no
 * part.
 */
export function effectivePriority(instance: VrrpInstance, server: string): number | undefined {
  const priority = priorityIn(instance, server);
  return priority === undefined
    ? undefined
    : weightsOf(instance).reduce((sum, weight) => sum + Math.max(weight, 0), priority);
}

/** A priority as keepalived uses it: it cuts off what is below 1 (keepalived.conf(5), track_interface). */
export const atLeast1 = (priority: number): number => Math.max(1, priority);

/** The lowest priority that a director has when all that has a weight has failed, and it still takes part. */
export const lowestPriority = (instance: VrrpInstance, server: string): number | undefined => {
  const best = effectivePriority(instance, server);
  return best === undefined
    ? undefined
    : atLeast1(weightsOf(instance).reduce((left, weight) => left - Math.abs(weight), best));
};

/** A director's timers in an instance. @throws Error if it takes no part */
export function timersOf(instance: VrrpInstance, server: string): VrrpTimers {
  const priority = effectivePriority(instance, server);
  if (priority === undefined) throw new Error(`${server} is no member of the VRRP instance ${instance.name}`);
  const { version, advertInterval } = instance;
  return { version, advertInterval, priority };
}

/** The instances that change their state with this one: those of its sync group, itself included. */
export const syncedWith = (lab: Lab, instance: VrrpInstance): VrrpInstance[] =>
  instance.syncGroup === undefined ? [instance] : lab.vrrp.filter(({ syncGroup }) => syncGroup === instance.syncGroup);

/** A director's timers in all instances that change their state together. */
const timersOfGroup = (lab: Lab, instance: VrrpInstance, server: string): VrrpTimers[] =>
  syncedWith(lab, instance).map((one) => timersOf(one, server));

const longest = (all: readonly number[]): number => Math.max(...all);

/** Of the instances that change their state with this one, that for which a director waits longest by such a time; itself if none is longer. */
export const slowestOf = (
  lab: Lab,
  instance: VrrpInstance,
  server: string,
  time: (timers: VrrpTimers) => number,
): VrrpInstance =>
  syncedWith(lab, instance).reduce(
    (slowest, one) => (time(timersOf(one, server)) > time(timersOf(slowest, server)) ? one : slowest),
    instance,
  );

/**
 * How long a standby waits for a silent master, in milliseconds. In a sync group for the masters of all instances: keepalived takes none over before
 * it may take over all.
 */
export const masterDownOf = (lab: Lab, instance: VrrpInstance, server: string): number =>
  masterDownInterval(timersOf(slowestOf(lab, instance, server, masterDownInterval), server));

/** How long a standby waits after the master's priority 0, in milliseconds. */
export const skewOf = (lab: Lab, instance: VrrpInstance, server: string): number =>
  skew(timersOf(slowestOf(lab, instance, server, skew), server));

/** What VRRP promises with this standby, whose instance changes its state with others of its sync group. */
export function promisedOutageOf(lab: Lab, instance: VrrpInstance, standby: string): PromisedOutage {
  const all = timersOfGroup(lab, instance, standby).map(promisedOutage);
  return {
    crash: {
      minimum: longest(all.map(({ crash }) => crash.minimum)),
      maximum: longest(all.map(({ crash }) => crash.maximum)),
    },
    cleanStop: longest(all.map(({ cleanStop }) => cleanStop)),
  };
}

/**
 * How long a standby of higher priority lets a living master go on, in milliseconds, counted from when it is the better one: what it discards is
 * silence to it. With a delay it accepts the advertisements of a lower priority first, up to the one before the delay is over (keepalived's
 * vrrp_state_backup).
 */
export function preemptionOf(lab: Lab, instance: VrrpInstance, server: string): { minimum: number; maximum: number } {
  const waits = masterDownOf(lab, instance, server);
  const interval = longest(syncedWith(lab, instance).map(({ advertInterval }) => advertInterval * 1000));
  const delay = longest(syncedWith(lab, instance).map(({ preemptDelay = 0 }) => preemptDelay * 1000));
  if (delay === 0) return { minimum: waits - interval, maximum: waits };
  return { minimum: waits + Math.max(0, delay - interval), maximum: waits + delay + interval };
}

/** The longest time in seconds for which a director of the lab leaves a VIP where it is before it preempts. */
export const longestPreemptDelay = ({ vrrp }: Lab): number =>
  longest([0, ...vrrp.map(({ preemptDelay = 0 }) => preemptDelay)]);
