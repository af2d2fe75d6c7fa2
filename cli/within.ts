import { setTimeout as delay } from "node:timers/promises";

/** The time limit was exceeded. */
export class LateError extends Error {
  override readonly name = "LateError";
}

/** Waits for `work`, at most `seconds`. After a timeout it continues in the background. @throws LateError */
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
