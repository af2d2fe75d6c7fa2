import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { afterAll, beforeAll, expect, it, vi } from "vitest";
import { alone, beside, flock } from "../../turns/locks.ts";

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "lvs-lab-locks-"));
  vi.stubEnv("LVS_LAB_STATE", folder);
});
afterAll(async () => {
  vi.unstubAllEnvs();
  await rm(folder, { recursive: true });
});

/** Whether a promise is kept soon: a lock that is free takes some milliseconds. */
const soon = (promise: Promise<unknown>): Promise<boolean> =>
  Promise.race([promise.then(() => true), delay(300).then(() => false)]);

it("a test that runs alone waits for all that run, and later tests wait for it", async () => {
  const [one, other] = await Promise.all([beside(), beside()]);
  const measuring = alone();
  expect(await soon(measuring)).toBe(false);
  const later = beside();
  await one();
  expect(await soon(measuring)).toBe(false);
  await other();
  const ends = await measuring;
  expect(await soon(later)).toBe(false);
  await ends();
  await (await later)();
});

it("two tests that run alone take turns", async () => {
  const first = await alone();
  const second = alone();
  expect(await soon(second)).toBe(false);
  await first();
  await (await second)();
});

it("a lock that is taken is not waited for where it need not be", async () => {
  const giveBack = await flock("leased", "--nonblock");
  expect(await flock("leased", "--nonblock")).toBeUndefined();
  await giveBack?.();
  const again = await flock("leased", "--nonblock");
  expect(again).toBeDefined();
  await again?.();
});
