import { afterAll, beforeAll } from "vitest";
import type { GiveBack } from "./locks.ts";
import { PATIENCE } from "./to-measure.ts";

/** Takes a turn for all tests of a file together. */
export function wholeFile(take: () => Promise<GiveBack>): void {
  let turn: GiveBack | undefined;
  beforeAll(async () => {
    turn = await take();
  }, PATIENCE);
  afterAll(async () => await turn?.(), PATIENCE);
}
