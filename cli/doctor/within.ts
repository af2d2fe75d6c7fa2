import { setTimeout as delay } from "node:timers/promises";

/** It took longer than it may. */
export class LateError extends Error {
  override readonly name = "LateError";
}

/** Waits for something no longer than so many seconds. What is late goes on, unwatched. @throws LateError */
export async function within<T>(seconds: number, work: () => Promise<T>): Promise<T> {
  const over = new AbortController();
  const late = delay(seconds * 1000, undefined, { signal: over.signal }).then(() => {
    throw new LateError(`it took longer than ${seconds} s`);
  });
  try {
    return await Promise.race([work(), late]);
  } finally {
    over.abort();
    late.catch(() => {});
  }
}
