/**
 * Test files run side by side, because one lab leaves a third of two processors idle. A test with the tag `timed` holds milliseconds against a promise,
 * and another lab at work made outages longer than VRRP promises. So its processes and its labs have real-time priority, and no two such tests run at
 * a time. Who may not give real-time priority waits until the running test of each other file has ended, and then has the machine alone.
 */
import { afterAll, aroundEach, beforeAll } from "vitest";
import { beside, type GiveBack } from "./locks.ts";
import { PATIENCE, toMeasure } from "./to-measure.ts";

let turn: GiveBack = async () => {};

beforeAll(async () => {
  turn = await beside();
}, PATIENCE);

aroundEach(async (run, { task }) => {
  if (task.tags?.includes("timed")) {
    await turn();
    turn = await toMeasure();
  }
  try {
    await run();
  } finally {
    await turn();
    turn = await beside();
  }
}, PATIENCE);

afterAll(async () => await turn(), PATIENCE);
