/** Ctrl-C, or SIGTERM: what runs is ended, and nothing begins but what takes labs away. */
const controller = new AbortController();

/** Its reason is an `Interrupted`. */
export const interruption = controller.signal;

/** A benchmark was ended by a signal. */
export class Interrupted extends Error {
  override readonly name = "Interrupted";
  readonly signal: NodeJS.Signals;

  constructor(signal: NodeJS.Signals) {
    super(`ended by ${signal}`);
    this.signal = signal;
  }
}

/** Lets this process outlive the signals, so that its labs are removed. */
export function heedSignals(): void {
  for (const signal of ["SIGINT", "SIGTERM"] as const)
    process.on(signal, () => controller.abort(new Interrupted(signal)));
}
