import { advertSourceOf, familyOf, familyOfInstance, type Ip } from "../../lab/index.ts";
import { diagnose } from "../wire/index.ts";
import type { Diagnosis } from "../wire/records.ts";
import type { Observed } from "./observed.ts";

/**
 * The routers that advertise as VRRP master now: server names, or addresses of unknown routers. A router counts if it advertised within the last
 * two intervals and did not resign (priority 0) since. So a split brain has two, and so has a handover for a moment.
 */
export function mastersNow({
  capture,
  live,
  clock,
  instance,
}: Pick<Observed, "capture" | "live" | "clock" | "instance">): string[] {
  if (!instance) return [];
  const { advertInterval, members } = instance;
  const since = clock.now() - 2 * advertInterval * 1000;
  const last = new Map<string, number>();
  for (const { at, source, priority, virtualRouterId } of capture.adverts)
    if (virtualRouterId === instance.id && familyOf(source as Ip) === familyOfInstance(instance) && at >= since)
      last.set(source, priority);
  const speaking = [...last].filter(([, priority]) => priority > 0).map(([source]) => source);
  const nameOf = (source: string) =>
    members.find(({ server }) => advertSourceOf(live.lab, instance, server) === source)?.server;
  return speaking.map((source) => nameOf(source) ?? source).sort();
}

/** The diagnoses so far, without those that were over before the window began. */
export const diagnosesOfWindow = ({ capture, live, service, window }: Observed): Diagnosis[] =>
  diagnose(capture.evidence(), live.lab, service).filter(({ to }) => to === null || to >= window.from);
