import { expect, it } from "vitest";
import { jitterOf } from "../../../../verify/probe/records.ts";
import { series, served, times } from "./series.ts";

it("gives the median, the 99th percentile and the worst of how late requests were started", () => {
  const late = Object.fromEntries(Array.from({ length: 200 }, (_, n) => [n, n < 100 ? 1 : n < 197 ? 2 : 30 + n]));
  expect(jitterOf(series(times(200, served), late))).toEqual({ medianMs: 1, p99Ms: 227, maxMs: 229 });
});

it("is zero without requests", () => {
  expect(jitterOf([])).toEqual({ medianMs: 0, p99Ms: 0, maxMs: 0 });
});
