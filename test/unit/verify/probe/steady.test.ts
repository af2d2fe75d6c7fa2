import { expect, it } from "vitest";
import { allHaveEnded, isSteady } from "../../../../verify/probe/steady.ts";
import { INTERVAL, lost, series, served, times } from "./series.ts";

const steady = (requests: ReturnType<typeof series>, now: number, timeoutMs = 2000) =>
  isSteady(requests, { intervalMs: INTERVAL, timeoutMs, now, forMs: 1000 });

it("holds when all requests of the time were answered", () => {
  expect(steady(series(times(100, served)), 2000)).toBe(true);
});

it("does not hold before so much time has passed", () => {
  expect(steady(series(times(60, served)), 1200)).toBe(false);
});

it("does not hold with a failure in it, and does when that is past", () => {
  const requests = series([...times(50, served), lost, ...times(100, served)]);
  expect(steady(requests, 1500)).toBe(false);
  expect(steady(requests, 2400)).toBe(true);
});

it("does not hold while a request hangs: it has not been reported", () => {
  const requests = series(times(100, served)).filter(({ n }) => n !== 60);
  expect(steady(requests, 2000)).toBe(false);
});

it("does not miss requests that may just be under way", () => {
  const requests = series(times(100, served)).filter(({ n }) => n < 90);
  expect(steady(requests, 2000)).toBe(true);
});

it("does not miss requests that are under way no longer than answers take", () => {
  const slow = series(times(200, served)).map((one, index) =>
    index % 50 === 0 ? { ...one, ended: one.due + 700 } : one,
  );
  const reported = (now: number) => slow.filter(({ ended }) => ended <= now);
  for (let now = 2800; now < 4000; now += 50) expect(steady(reported(now), now), `${now} ms`).toBe(true);
  // Longer than twice the slowest, it hangs.
  const hanging = slow.filter(({ n }) => n !== 100);
  expect(steady(hanging, 2000 + 1390)).toBe(true);
  expect(steady(hanging, 2000 + 1410)).toBe(false);
});

it("does not wait longer for a request than its timeout", () => {
  const slow = series(times(200, served)).map((one) => ({ ...one, ended: one.due + 1600 }));
  const reported = (now: number) => slow.filter(({ n, ended }) => n !== 100 && ended <= now);
  expect(steady(reported(5190), 5190, 4000)).toBe(true); // twice 1600 ms after 2000 it is missing
  expect(steady(reported(5210), 5210, 4000)).toBe(false);
  expect(steady(reported(3590), 3590, 1600)).toBe(true);
  expect(steady(reported(3610), 3610, 1600)).toBe(false);
});

it("holds on a clock that began before the schedule", () => {
  const later = series(times(100, served)).map((one) => ({
    ...one,
    due: one.due + 60_007.5,
    started: one.started + 60_007.5,
    ended: one.ended + 60_007.5,
  }));
  expect(steady(later, 62_007.5)).toBe(true);
  expect(steady(later, 61_200)).toBe(false); // 1000 ms before the last 300, of which only 892 were asked in
  expect(
    steady(
      later.filter(({ n }) => n !== 60),
      62_007.5,
    ),
  ).toBe(false);
  expect(steady([], 62_007.5)).toBe(false);
});

it("all have ended when each that was due has, however it did, and whatever was due later", () => {
  const reported = series([...times(50, served), lost, ...times(49, served)]);
  const ended = (requests: ReturnType<typeof series>, until: number) =>
    allHaveEnded(requests, { intervalMs: INTERVAL, until });
  expect(ended(reported, 1990)).toBe(true);
  expect(ended(reported, 2000)).toBe(false); // the hundred-and-first is due
  const hanging = reported.filter(({ n }) => n !== 50);
  expect(ended(hanging, 999)).toBe(true);
  expect(ended(hanging, 1000)).toBe(false);
  expect(ended([], 0)).toBe(false);
  const later = hanging.map((one) => ({ ...one, due: one.due + 60_007.5 }));
  expect(ended(later, 61_007)).toBe(true);
  expect(ended(later, 61_008)).toBe(false);
});
