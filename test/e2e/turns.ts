/**
 * Test files run side by side, because one lab leaves a third of two processors idle. A test with the tag `alone` runs by itself: an outage is measured in
 * milliseconds, and another lab at work made outages longer than VRRP promises. Such a test waits until the running test of each other file has ended; no file
 * begins another test before it has ended.
 */
import { afterAll, aroundEach, beforeAll } from "vitest";
import { alone, beside, type GiveBack } from "./locks.ts";

/** A test may take so long while another waits for its turn, in milliseconds. */
const PATIENCE = 20 * 60_000;

let turn: GiveBack = async () => {};

beforeAll(async () => {
  turn = await beside();
}, PATIENCE);

aroundEach(async (run, { task }) => {
  if (task.tags?.includes("alone")) {
    await turn();
    turn = await alone();
  }
  try {
    await run();
  } finally {
    await turn();
    turn = await beside();
  }
}, PATIENCE);

afterAll(async () => await turn(), PATIENCE);
