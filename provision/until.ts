import { setTimeout as delay } from "node:timers/promises";

export interface UntilOptions {
  /** Deadline in seconds. */
  readonly seconds: number;
  /** Pause between attempts, in milliseconds. */
  readonly everyMs: number;
  /** Makes the error thrown at the deadline from the last attempt's error. */
  readonly failed: (last: unknown) => Error;
  /** Called after a failed attempt. Returns an error to stop waiting, if retrying cannot succeed. */
  readonly hopeless?: (last: unknown) => Promise<Error | undefined>;
}

/** Retries `attempt` until it succeeds. At the deadline throws `failed(lastError)`. */
export async function until<T>(attempt: () => Promise<T>, options: UntilOptions): Promise<T> {
  const { seconds, everyMs, failed, hopeless } = options;
  const deadline = performance.now() + seconds * 1000;
  for (;;) {
    try {
      return await attempt();
    } catch (error) {
      const end = await hopeless?.(error);
      if (end) throw end;
      if (performance.now() + everyMs > deadline) throw failed(error);
      await delay(everyMs);
    }
  }
}
