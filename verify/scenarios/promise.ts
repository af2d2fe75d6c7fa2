import { priorityIn, promisedOutage, skew } from "../../lab/index.ts";
import type { Outage } from "../probe/index.ts";
import type { OutagePromise } from "../report/result.ts";
import type { Observed } from "./observed.ts";

/** Tolerance above VRRP's timers, in milliseconds: keepalived's own work, ARP, and the probe's interval. */
const TOLERANCE_MS = 500;

/** The outage that VRRP promises for the fault that opened the window; undefined if its timers play no part. */
export function promiseOf({
  window,
  instance,
  master,
  standby,
}: Pick<Observed, "window" | "instance" | "master" | "standby">): OutagePromise | undefined {
  const { fault } = window;
  const priority = instance && standby ? priorityIn(instance, standby) : undefined;
  if (!fault?.fault.masterGoes || !fault.targets.includes(master) || !instance || priority === undefined)
    return undefined;
  const { version, advertInterval } = instance;
  const timers = { version, advertInterval, priority };
  const { crash, cleanStop } = promisedOutage(timers);
  const skewText = `skew ${Math.round(skew(timers))} ms (priority ${priority})`;
  return fault.fault.masterGoes === "silently"
    ? {
        minimumMs: crash.minimum,
        maximumMs: crash.maximum,
        toleranceMs: TOLERANCE_MS,
        arithmetic: `3 × ${timers.advertInterval * 1000} ms + ${skewText}, less the time since the last advertisement`,
      }
    : {
        // keepalived gives up the VIP after it has sent priority 0, so part of the skew may be over when clients notice.
        minimumMs: Math.max(0, cleanStop - TOLERANCE_MS),
        maximumMs: cleanStop,
        toleranceMs: TOLERANCE_MS,
        arithmetic: `priority 0 was advertised: ${skewText} alone`,
      };
}

/**
 * Whether an outage is over and within VRRP's promise. A shorter one cannot come from VRRP's timers; only the probe's error is granted there.
 * Above the band, the tolerance covers that error.
 */
export const isAsPromised = (
  { longest }: Pick<Outage, "longest">,
  { minimumMs, maximumMs, toleranceMs }: OutagePromise,
): boolean =>
  longest !== null &&
  longest.to !== null &&
  longest.ms + longest.errorMs >= minimumMs &&
  longest.ms <= maximumMs + toleranceMs;
