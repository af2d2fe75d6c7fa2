import { expect, it } from "vitest";
import type { OutagePromise, RunResult } from "../../../../verify/report/result.ts";
import { repeated } from "../../../../verify/scenarios/index.ts";
import { aRun } from "../report/a-run.ts";

/** A run whose windows had outages of so many milliseconds, by their steps; null: none. */
function run(outages: Readonly<Record<number, number | null>>, { passed = true, promise }: Partial<Extra> = {}) {
  const sample = aRun();
  const [window] = sample.windows;
  if (!window) throw new Error("the sample has no window");
  const windows = Object.entries(outages).map(([step, ms]) => ({
    ...window,
    step: Number(step),
    title: `step ${step}`,
    outage: { ...window.outage, longest: ms === null ? null : { from: 0, to: ms, ms, errorMs: 1, requests: 1 } },
    ...(promise ? { promise } : {}),
  }));
  return { ...sample, passed, windows } satisfies RunResult;
}

interface Extra {
  readonly passed: boolean;
  readonly promise: OutagePromise;
}

const figures = (...runs: RunResult[]) =>
  repeated(runs).windows.map(({ step, outagesMs, medianMs, worstMs, spreadMs }) => [
    step,
    outagesMs,
    medianMs,
    worstMs,
    spreadMs,
  ]);

it.each<[string, number[], [median: number, worst: number, spread: number]]>([
  ["one run", [300], [300, 300, 0]],
  ["an odd number: the one in the middle, however they are ordered", [900, 100, 200], [200, 900, 800]],
  ["an even number: the mean of the two in the middle", [900, 100, 400, 200], [300, 900, 800]],
  ["figures of any length: in the order of numbers, not of words", [1000, 9, 80, 700, 60], [80, 1000, 991]],
])("%s", (_, outages, expected) => {
  expect(figures(...outages.map((ms) => run({ 2: ms })))).toEqual([[2, outages, ...expected]]);
});

it("no outage is one of 0 ms", () => {
  expect(figures(run({ 2: null }), run({ 2: 500 }))).toEqual([[2, [0, 500], 250, 500, 500]]);
});

it("a window that not every run came to is counted where it is, in the order of steps", () => {
  expect(figures(run({ 0: null, 10: 100 }), run({ 0: null }), run({ 0: 1, 2: 5, 10: 300 }))).toEqual([
    [0, [0, 0, 1], 0, 1, 1],
    [2, [5], 5, 5, 0],
    [10, [100, 300], 200, 300, 200],
  ]);
});

it("counts the runs that passed, and keeps the windows' titles and promises", () => {
  const promise = { minimumMs: 1, maximumMs: 2, toleranceMs: 3, arithmetic: "x" };
  const both = repeated([run({ 2: 1 }, { promise }), run({ 2: 1 }, { promise, passed: false })]);
  expect(both).toMatchObject({ runs: 2, passed: 1, windows: [{ title: "step 2", promise }] });
  expect(repeated([run({ 2: 1 })]).windows[0]).not.toHaveProperty("promise");
  expect(repeated([])).toEqual({ runs: 0, passed: 0, windows: [] });
});
