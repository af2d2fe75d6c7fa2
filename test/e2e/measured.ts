import { slowness } from "../reference.ts";

/**
 * Options of a test whose times other work on this machine would spoil: it comes before all others, see test/turns. Such a test brings no lab up: two guests
 * that booted with real-time priority took both processors from what they wait for, and accepted no login in 180 s.
 */
export const timed = { tags: ["timed"] };

/**
 * Options of a test that holds a measured outage against its promise. The machine may be shared: when others take its processors for a second, a
 * guest that should take over stands still, and no promise holds. So what failed is measured once more.
 */
export const measured = { ...timed, retry: 1 };

/** A limit in milliseconds for this machine at this moment: see test/reference.ts. */
export const onThisMachine = (ms: number): number => ms * Math.max(1, slowness());

/**
 * How much longer than promised a snapshot and a reset may take beside another lab, whose memory traffic no priority keeps away. test/recovery holds them to
 * what is promised, on a lab by itself.
 */
export const BESIDE_ANOTHER = 2;
