import { directors } from "../../lab/lab.ts";
import { diagnose } from "../wire/index.ts";
import type { Diagnosis } from "../wire/records.ts";
import type { Observed } from "./observed.ts";

/**
 * The routers that advertise as VRRP master now: server names, or addresses of unknown routers. A router counts if it advertised within the last
 * two intervals and did not resign (priority 0) since. So a split brain has two, and so has a handover for a moment.
 */
export function mastersNow({ capture, live, clock }: Pick<Observed, "capture" | "live" | "clock">): string[] {
  const { advertInterval, virtualRouterId } = live.lab.keepalived;
  const since = clock.now() - 2 * advertInterval * 1000;
  const last = new Map<string, number>();
  for (const { at, source, priority, virtualRouterId: id } of capture.adverts)
    if (id === virtualRouterId && at >= since) last.set(source, priority);
  const speaking = [...last].filter(([, priority]) => priority > 0).map(([source]) => source);
  return speaking.map((source) => directors(live.lab).find(({ address }) => address === source)?.name ?? source).sort();
}

/** The diagnoses so far, without those that were over before the window began. */
export const diagnosesOfWindow = ({ capture, live, window }: Observed): Diagnosis[] =>
  diagnose(capture.evidence(), live.lab).filter(({ to }) => to === null || to >= window.from);
