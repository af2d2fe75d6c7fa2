import { type UntilOptions, until } from "../../provision/until.ts";

const SIGNALS = ["SIGINT", "SIGTERM", "SIGHUP"] as const;

/** A signal ended the run. Thrown after everything is healed. */
export class InterruptedError extends Error {
  override readonly name = "InterruptedError";
  /** The name of the signal. */
  readonly signal: string;

  constructor(signal: string) {
    super(`interrupted by ${signal}`);
    this.signal = signal;
  }
}

/**
 * Runs `work` with SIGINT, SIGTERM and SIGHUP turned into an abort, so that its `finally` blocks run to their end: further signals are
 * ignored until it is done.
 */
export async function interruptible<T>(work: (signal: AbortSignal) => Promise<T>): Promise<T> {
  const controller = new AbortController();
  const abort = (name: NodeJS.Signals) => controller.abort(new InterruptedError(name));
  for (const name of SIGNALS) process.on(name, abort);
  try {
    return await work(controller.signal);
  } finally {
    for (const name of SIGNALS) process.off(name, abort);
  }
}

/** An abort by the first of these signals, for a process that ends by itself then: a further one ends it at once. */
export function untilSignal(): AbortSignal {
  const controller = new AbortController();
  for (const name of SIGNALS) process.once(name, () => controller.abort());
  return controller.signal;
}

/** `until`, ended at once by an abort, without waiting for the attempt under way. */
export async function untilAborted<T>(
  signal: AbortSignal,
  attempt: () => Promise<T>,
  options: UntilOptions,
): Promise<T> {
  signal.throwIfAborted();
  let abort = () => {};
  const aborted = new Promise<never>((_, reject) => {
    abort = () => reject(signal.reason);
    signal.addEventListener("abort", abort);
  });
  const waiting = until(async () => (signal.aborted ? undefined : { value: await attempt() }), options);
  try {
    return ((await Promise.race([waiting, aborted])) as { value: T }).value;
  } finally {
    waiting.catch(() => {});
    signal.removeEventListener("abort", abort);
  }
}
