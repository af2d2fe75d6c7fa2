/** The difference of two clocks in nanoseconds, with its error. */
export interface ClockOffset {
  readonly nanoseconds: bigint;
  readonly error: bigint;
}

/** How the clocks of a lab host's machine compare with this process's CLOCK_MONOTONIC, `process.hrtime.bigint()`. */
export interface HostClocks {
  /** CLOCK_MONOTONIC there minus CLOCK_MONOTONIC here. */
  readonly monotonic: ClockOffset;
  /** CLOCK_REALTIME there minus CLOCK_MONOTONIC here. */
  readonly wall: ClockOffset;
}

/** Of a lab host on this machine, where all processes have the same clocks. The wall clock is measured when it is asked for: that spins. */
export const ownClocks = (): HostClocks => ({
  monotonic: { nanoseconds: 0n, error: 0n },
  get wall() {
    return readOffset();
  },
});

/** Ticks that are measured; the sharpest counts. */
const TICKS = 5;

/**
 * CLOCK_REALTIME minus CLOCK_MONOTONIC of this machine. JavaScript reads the wall clock in whole milliseconds only, but
 * the tick to the next millisecond is sharp. So this spins for up to 5 ms, and is right to about a microsecond.
 */
export function readOffset(): ClockOffset {
  let best: ClockOffset | undefined;
  for (let tick = 0; tick < TICKS; tick += 1) {
    const one = atNextTick();
    if (!best || one.error < best.error) best = one;
  }
  return best as ClockOffset;
}

function atNextTick(): ClockOffset {
  const then = Date.now();
  let earliest = process.hrtime.bigint();
  for (;;) {
    const before = process.hrtime.bigint();
    const now = Date.now();
    if (now !== then) {
      // The tick was after the last look that saw the old millisecond, and before this one ended.
      const latest = process.hrtime.bigint();
      return {
        nanoseconds: BigInt(now) * 1_000_000n - (earliest + latest) / 2n,
        error: (latest - earliest) / 2n,
      };
    }
    earliest = before;
  }
}
