import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { createTimeLeft } from "../../../setup/steps/time-left.mjs";

beforeEach(() => {
  vi.useFakeTimers();
});

afterEach(() => vi.useRealTimers());

test("it comes from the speed so far, and runs down between two reports", () => {
  const time = createTimeLeft();
  time.reached(0);
  vi.advanceTimersByTime(10_000);
  time.reached(0.25);
  expect(time.left()).toBe(30_000);
  vi.advanceTimersByTime(4_000);
  expect(time.left()).toBe(26_000);
  vi.advanceTimersByTime(26_000);
  expect(time.left()).toBeUndefined();
});

test("a slow machine is told more time than a fast one", () => {
  const [slow, fast] = [createTimeLeft(), createTimeLeft()];
  slow.reached(0);
  fast.reached(0);
  vi.advanceTimersByTime(1_000);
  fast.reached(0.5);
  vi.advanceTimersByTime(9_000);
  slow.reached(0.5);
  expect([fast.left(), slow.left()]).toEqual([undefined, 10_000]);
});

test("a machine that has become faster is told the time at its new speed", () => {
  const time = createTimeLeft();
  time.reached(0);
  vi.advanceTimersByTime(100_000);
  time.reached(0.1);
  vi.advanceTimersByTime(100_000);
  time.reached(0.5);
  expect(time.left()).toBeCloseTo(125_000);
});

test("a report without an advance does not make the time endless", () => {
  const time = createTimeLeft();
  time.reached(0);
  vi.advanceTimersByTime(10_000);
  time.reached(0.5);
  vi.advanceTimersByTime(40_000);
  time.reached(0.5);
  expect(time.left()).toBe(50_000);
});

test("what was there before the first report does not count as done by this machine", () => {
  const time = createTimeLeft();
  time.reached(0.5);
  vi.advanceTimersByTime(10_000);
  time.reached(0.75);
  expect(time.left()).toBe(10_000);
});

test("nothing is said before there is a speed, and after the share fell", () => {
  const time = createTimeLeft();
  expect(time.left()).toBeUndefined();
  time.reached(0);
  vi.advanceTimersByTime(1_000);
  time.reached(0.01);
  expect(time.left()).toBeUndefined();
  time.reached(0.9);
  expect(time.left()).toBeDefined();
  time.reached(0.1);
  expect(time.left()).toBeUndefined();
});
