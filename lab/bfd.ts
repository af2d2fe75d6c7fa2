import type { TrackBfd } from "./model.ts";

/** Desired Min TX Interval in milliseconds while a session is not up: at least a second (RFC 5880, section 6.8.3), keepalived's default of idle_tx. */
export const IDLE_INTERVAL = 1000;

/** The intervals of a session, which are the same at both ends. */
export type BfdTimers = Pick<TrackBfd, "minTx" | "minRx" | "multiplier">;

/** Milliseconds between two control packets at most: each end sends as seldom as one of the two wishes (RFC 5880, section 6.8.7). */
export const bfdInterval = ({ minTx, minRx }: BfdTimers): number => Math.max(minTx, minRx);

/**
 * How long an end takes to notice that nothing arrives any more, in milliseconds: the detection time (RFC 5880, section 6.8.4), counted from the
 * last packet, which may have come an interval ago.
 */
export function detectionTime(timers: BfdTimers): { minimum: number; maximum: number } {
  const maximum = timers.multiplier * bfdInterval(timers);
  return { minimum: maximum - bfdInterval(timers), maximum };
}
