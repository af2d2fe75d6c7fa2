import { directors } from "../../lab/lab.ts";
import { diagnose } from "../wire/index.ts";
import type { Diagnosis } from "../wire/records.ts";
import type { Observed } from "./observed.ts";

/**
 * Who advertises as VRRP's master at this moment: names of servers, or strangers' addresses. Whoever has done so within two intervals counts,
 * unless it has resigned since: so there are two in a split brain, and for a moment at a handover.
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

/** What the wire shows to have happened so far, as far as it was not over when the window began. */
export const diagnosesOfWindow = ({ capture, live, window }: Observed): Diagnosis[] =>
  diagnose(capture.evidence(), live.lab).filter(({ to }) => to === null || to >= window.from);
