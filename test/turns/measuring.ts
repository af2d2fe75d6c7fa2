/** For a file all of whose tests are timed, and run side by side: see each-test.ts. */
import { afterAll, beforeAll } from "vitest";
import type { GiveBack } from "./locks.ts";
import { PATIENCE, toMeasure } from "./to-measure.ts";

let turn: GiveBack | undefined;

beforeAll(async () => {
  turn = await toMeasure();
}, PATIENCE);

afterAll(async () => await turn?.(), PATIENCE);
