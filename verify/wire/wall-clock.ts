/** CLOCK_REALTIME less CLOCK_MONOTONIC, in nanoseconds, and how far off that may be. */
export interface ClockOffset {
  readonly nanoseconds: bigint;
  readonly error: bigint;
}

/** How many ticks are looked at; the sharpest counts. */
const TICKS = 5;

/**
 * How far apart the machine's wall clock and its monotonic one are. JavaScript reads the wall clock in whole milliseconds only; but at
 * the moment at which it goes on to the next one it is sharp. So this spins, up to 5 ms, and is right to a microsecond or so.
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
