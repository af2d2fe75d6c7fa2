/**
 * Lets test files run side by side, and what measures alone. One lab leaves a third of two processors idle; but an outage is a matter of milliseconds, and
 * beside another lab at work promises broke that VRRP had kept. A test with the tag `alone` waits until each other file has come to the end of its test, and
 * no file begins one before it has ended.
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
