import { slowness } from "../reference.ts";

/** Options of a test that measures what other work on this machine would spoil: no other test runs meanwhile, see turns.ts. */
export const alone = { tags: ["alone"] };

/**
 * Options of a test that holds a measured outage against its promise. The machine may be shared: when others take its processors for a second, a
 * guest that should take over stands still, and no promise holds. So what failed is measured once more.
 */
export const measured = { ...alone, retry: 1 };

/** A limit in milliseconds for this machine at this moment: see test/reference.ts. */
export const onThisMachine = (ms: number): number => ms * Math.max(1, slowness());
