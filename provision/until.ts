import { setTimeout as delay } from "node:timers/promises";

export interface UntilOptions {
  /** Deadline, in seconds. */
  readonly seconds: number;
  /** Pause between two attempts, in milliseconds. */
  readonly everyMs: number;
  /** The error at the deadline, from the last attempt's. */
  readonly failed: (last: unknown) => Error;
}

/** Tries until `attempt` does not throw; at the deadline throws what `failed` makes of the last error. */
export async function until<T>(attempt: () => Promise<T>, { seconds, everyMs, failed }: UntilOptions): Promise<T> {
  const deadline = performance.now() + seconds * 1000;
  for (;;) {
    try {
      return await attempt();
    } catch (error) {
      if (performance.now() + everyMs > deadline) throw failed(error);
      await delay(everyMs);
    }
  }
}
