import {
  type Lab,
  masterDownInterval,
  promisedOutageOf,
  reactionTo,
  skew,
  skewOf,
  slowestOf,
  type Tracked,
  timersOf,
  type VrrpInstance,
} from "../../lab/index.ts";
import { goesBy } from "../faults/fault.ts";
import type { Outage } from "../probe/index.ts";
import type { OutagePromise } from "../report/result.ts";
import type { Observed } from "./observed.ts";

/** Tolerance above VRRP's timers, in milliseconds: keepalived's own work, ARP, and the probe's interval. */
const TOLERANCE_MS = 500;

/** What is known of a run when a promise is made. */
type Known = Pick<Observed, "service" | "window" | "instance" | "master" | "standby"> & {
  readonly live: { readonly lab: Lab };
};

/** The outage that VRRP promises for the fault that opened the window; undefined if its timers play no part. */
export function promiseOf({
  live: { lab },
  service,
  window,
  instance,
  master,
  standby,
}: Known): OutagePromise | undefined {
  const { fault } = window;
  if (!fault?.targets.includes(master) || !instance || standby === null) return undefined;
  const parameters = fault.parameters ?? fault.fault.parameters.parse({});
  const goes = goesBy(fault.fault, instance, parameters);
  if (goes === undefined) return undefined;
  if (typeof goes === "object") {
    const { process } = service.proxied ?? {};
    const isGone = process !== undefined && fault.fault.ends?.(instance, parameters) === process;
    return isGone
      ? promiseWithout(process, lab, instance, master, goes)
      : promiseOfTracked(lab, instance, master, goes);
  }
  const slowest = slowestOf(lab, instance, standby, masterDownInterval);
  const { crash } = promisedOutageOf(lab, instance, standby);
  return goes === "silently"
    ? {
        minimumMs: crash.minimum,
        maximumMs: crash.maximum,
        toleranceMs: TOLERANCE_MS,
        arithmetic: `3 × ${slowest.advertInterval * 1000} ms + ${skewInWords(slowest, standby)}${ofGroup(slowest, instance) || ","} less the time since the last advertisement`,
      }
    : announced(lab, instance, standby);
}

/** After a priority of 0: keepalived gives up the VIP after it has sent it, so part of the skew may be over when clients notice. */
function announced(lab: Lab, instance: VrrpInstance, standby: string): OutagePromise {
  const waits = skewOf(lab, instance, standby);
  const slowest = slowestOf(lab, instance, standby, skew);
  return {
    minimumMs: Math.max(0, waits - TOLERANCE_MS),
    maximumMs: waits,
    toleranceMs: TOLERANCE_MS,
    arithmetic: `priority 0 was advertised: ${skewInWords(slowest, standby)}${ofGroup(slowest, instance)} alone`,
  };
}

/** After the failure of what the instance tracks on its master. */
function promiseOfTracked(
  lab: Lab,
  instance: VrrpInstance,
  master: string,
  tracked: Tracked,
): OutagePromise | undefined {
  const { priority, successor } = reactionTo(lab, instance, master, tracked);
  if (priority === undefined) return successor === undefined ? undefined : announced(lab, instance, successor);
  return {
    minimumMs: 0,
    maximumMs: 0,
    toleranceMs: TOLERANCE_MS,
    arithmetic:
      successor === undefined
        ? `the master's priority falls to ${priority}, and it stays master`
        : `the master's priority falls to ${priority}, and it serves until ${successor} takes over with ${timersOf(instance, successor).priority}`,
  };
}

/** After the end of the process that answers clients on the master, which the instance tracks: nobody does until the successor takes over. */
function promiseWithout(
  process: string,
  lab: Lab,
  instance: VrrpInstance,
  master: string,
  tracked: Tracked,
): OutagePromise | undefined {
  const { priority, successor, takeover } = reactionTo(lab, instance, master, tracked);
  if (successor === undefined) return undefined;
  const { minimum, maximum } = tracked.fails;
  const noticed = `${process} is gone at once, and the ${tracked.kind} ${tracked.name} tells within ${Math.round(minimum)} to ${Math.round(maximum)} ms`;
  return {
    // Of the skew after a priority of 0 a part may be over when clients notice.
    minimumMs: Math.max(0, takeover.minimum - TOLERANCE_MS),
    maximumMs: takeover.maximum,
    toleranceMs: TOLERANCE_MS,
    arithmetic:
      priority === undefined
        ? `${noticed}; then ${skewInWords(slowestOf(lab, instance, successor, skew), successor)}`
        : `${noticed}; then the master's priority falls to ${priority}, and ${successor} takes over with ${timersOf(instance, successor).priority} within ${Math.round(takeover.maximum - maximum)} ms`,
  };
}

function skewInWords(instance: VrrpInstance, standby: string): string {
  const timers = timersOf(instance, standby);
  return `skew ${Math.round(skew(timers))} ms (priority ${timers.priority})`;
}

/** Whose timers count, where it is another instance of the sync group. */
const ofGroup = (slowest: VrrpInstance, { name, syncGroup }: VrrpInstance): string =>
  slowest.name === name ? "" : ` in ${slowest.name}, the slowest of ${syncGroup},`;

/**
 * Whether an outage is over and within VRRP's promise. A shorter one cannot come from VRRP's timers; only the probe's error is granted there.
 * Above the band, the tolerance covers that error. Where VRRP promises down to nothing, there may be none.
 */
export const isAsPromised = (
  { longest }: Pick<Outage, "longest">,
  { minimumMs, maximumMs, toleranceMs }: OutagePromise,
): boolean =>
  longest === null
    ? minimumMs === 0
    : longest.to !== null && longest.ms + longest.errorMs >= minimumMs && longest.ms <= maximumMs + toleranceMs;
