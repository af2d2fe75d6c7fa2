import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import { withLock } from "../../../tools/lock.mjs";

let directory: string;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), "lvs-lab-lock-"));
});
afterEach(() => rm(directory, { recursive: true }));

it("lets one holder in at a time, and the next one after a failure", async () => {
  const file = join(directory, "below", "lock");
  let inside = 0;
  let most = 0;
  const enter = (fail: boolean) => async () => {
    most = Math.max(most, ++inside);
    await new Promise((resolve) => setTimeout(resolve, 20));
    inside--;
    if (fail) throw new Error("failed inside");
    return "done";
  };
  const results = await Promise.allSettled([true, false, false].map((fail) => withLock(file, enter(fail))));
  expect(most).toBe(1);
  expect(results.map(({ status }) => status)).toEqual(["rejected", "fulfilled", "fulfilled"]);
});
