import { promisedOutage, skew } from "../../lab/vrrp.ts";
import type { Outage } from "../probe/index.ts";
import type { OutagePromise } from "../report/result.ts";
import type { Observed } from "./observed.ts";

/** How much longer than VRRP's timers an outage may be, in milliseconds: for keepalived's work, ARP, and the probe's interval. */
const TOLERANCE_MS = 500;

/** What VRRP promises for the fault that opened the window; undefined where its timers have no part. */
export function promiseOf({
  live,
  window,
  master,
  standby,
}: Pick<Observed, "live" | "window" | "master" | "standby">): OutagePromise | undefined {
  const { fault } = window;
  const next = live.lab.servers.find(({ name }) => name === standby);
  if (!fault?.fault.masterGoes || !fault.targets.includes(master) || next?.priority === undefined) return undefined;
  const timers = { ...live.lab.keepalived, priority: next.priority };
  const { crash, cleanStop } = promisedOutage(timers);
  const skewText = `skew ${Math.round(skew(timers))} ms (priority ${next.priority})`;
  return fault.fault.masterGoes === "silently"
    ? {
        minimumMs: crash.minimum,
        maximumMs: crash.maximum,
        toleranceMs: TOLERANCE_MS,
        arithmetic: `3 × ${timers.advertInterval * 1000} ms + ${skewText}, less the time since the last advertisement`,
      }
    : {
        // The VIP is given up after the farewell was sent, so that a little of the skew may be over when clients notice.
        minimumMs: Math.max(0, cleanStop - TOLERANCE_MS),
        maximumMs: cleanStop,
        toleranceMs: TOLERANCE_MS,
        arithmetic: `priority 0 was advertised: ${skewText} alone`,
      };
}

/**
 * Whether an outage is what VRRP promises, and over. Below the band the standby cannot have timed the advertisements: by how much the probe
 * may be off is granted there, while above it the tolerance is wide enough.
 */
export const isAsPromised = (
  { longest }: Pick<Outage, "longest">,
  { minimumMs, maximumMs, toleranceMs }: OutagePromise,
): boolean =>
  longest !== null &&
  longest.to !== null &&
  longest.ms + longest.errorMs >= minimumMs &&
  longest.ms <= maximumMs + toleranceMs;
