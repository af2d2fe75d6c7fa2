import { setTimeout as delay } from "node:timers/promises";
import type { LiveLab } from "../live/live-lab.ts";

/** Seconds that a guest may be late with what keepalived's timers say: it gets a processor when it gets one. */
export const schedulingMargin = ({ acceleration }: Pick<LiveLab, "acceleration">): number =>
  acceleration === "kvm" ? 2 : 10;

/** Seconds until `condition` holds; undefined if it does not within `limit` seconds. */
export async function secondsUntil(
  condition: () => Promise<boolean>,
  limit: number,
  signal?: AbortSignal,
): Promise<number | undefined> {
  const begin = performance.now();
  for (;;) {
    signal?.throwIfAborted();
    if (await condition()) return (performance.now() - begin) / 1000;
    if (performance.now() - begin > limit * 1000) return undefined;
    await delay(200);
  }
}
