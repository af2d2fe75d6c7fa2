/** For a file that measures nothing: see each-test.ts. */
import { afterAll, beforeAll } from "vitest";
import { beside, type GiveBack } from "./locks.ts";
import { PATIENCE } from "./to-measure.ts";

let turn: GiveBack | undefined;

beforeAll(async () => {
  turn = await beside();
}, PATIENCE);

afterAll(async () => await turn?.(), PATIENCE);
