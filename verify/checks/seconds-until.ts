import { setTimeout as delay } from "node:timers/promises";

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
