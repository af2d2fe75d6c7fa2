/** One clock for a whole run: milliseconds since it began, on CLOCK_MONOTONIC, which all processes of the machine share. */
export class RunClock {
  /** Its beginning on CLOCK_MONOTONIC in nanoseconds, by `process.hrtime.bigint()`. */
  readonly epoch: bigint;

  constructor(epoch: bigint = process.hrtime.bigint()) {
    this.epoch = epoch;
  }

  now(): number {
    return this.at(process.hrtime.bigint());
  }

  /** A moment of `process.hrtime.bigint()` on this clock, to the microsecond. */
  at(moment: bigint): number {
    return Number((moment - this.epoch) / 1000n) / 1000;
  }
}
