import { setTimeout as delay } from "node:timers/promises";

export interface UntilOptions {
  /** Deadline, in seconds. */
  readonly seconds: number;
  /** Pause between two attempts, in milliseconds. */
  readonly everyMs: number;
  /** The error at the deadline, from the last attempt's. */
  readonly failed: (last: unknown) => Error;
  /** Asked after a failed attempt: an error if no further attempt can do better, which then ends the waiting. */
  readonly hopeless?: (last: unknown) => Promise<Error | undefined>;
}

/** Tries until `attempt` does not throw; at the deadline throws what `failed` makes of the last error. */
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
