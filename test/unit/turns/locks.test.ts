import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { afterAll, beforeAll, expect, it, vi } from "vitest";
import { alone, beside, measuring } from "../../turns/locks.ts";

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
  const waiting = alone();
  expect(await soon(waiting)).toBe(false);
  const later = beside();
  await one();
  expect(await soon(waiting)).toBe(false);
  await other();
  const ends = await waiting;
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

it("a test that measures waits for another that does, and for none else", async () => {
  const running = await beside();
  const first = await measuring();
  const second = measuring();
  expect(await soon(second)).toBe(false);
  await first();
  await (await second)();
  await running();
});
