import { describe, expect, it } from "vitest";
import { Binning } from "../../../../../verify/report/page/bins.ts";
import { aRun } from "../a-run.ts";

const { series } = aRun();
const binning = new Binning(series.requests, 20);

describe("Binning", () => {
  it("chooses bins of whole intervals, so that steady load is level", () => {
    expect(binning.length(30_000, 300)).toBe(100);
    expect(binning.length(30_000, 299)).toBe(200);
    expect(binning.length(500, 300)).toBe(20);
    expect(binning.length(10_000_000, 20)).toBe(500_000);
    const full = binning.between(0, 30_000, 100);
    expect(full).toHaveLength(300);
    for (const { answered, delayed, failed } of full) expect(answered + delayed + failed).toBe(5);
  });

  it("loses no request and counts none twice, whatever the length", () => {
    for (const length of [20, 60, 300, 7000, 100_000]) {
      const sums = { answered: 0, delayed: 0, failed: 0 };
      for (const bin of binning.between(0, 30_000, length))
        for (const outcome of ["answered", "delayed", "failed"] as const) sums[outcome] += bin[outcome];
      const { answered, delayed, failed } = aRun().load.counts;
      expect(sums).toEqual({ answered, delayed, failed });
    }
  });

  it("has the same bins wherever it is looked from", () => {
    const whole = binning.between(0, 30_000, 200);
    expect(binning.between(9_050, 9_450, 200)).toEqual(whole.slice(45, 48));
  });

  it("finds the bin of a moment, and none where nothing was due", () => {
    expect(binning.at(8_250, 100)).toEqual({ from: 8200, to: 8300, answered: 0, delayed: 5, failed: 0 });
    expect(binning.at(31_000, 100)).toBeUndefined();
  });

  it("begins with the first request, and is empty without one", () => {
    const late = new Binning({ due: [1003, 1023, 1043.000_000_1], outcome: [0, 2, 1] }, 20);
    expect(late.between(0, 2000, 40)).toEqual([
      { from: 1003, to: 1043, answered: 1, delayed: 0, failed: 1 },
      { from: 1043, to: 1083, answered: 0, delayed: 1, failed: 0 },
    ]);
    expect(new Binning({ due: [], outcome: [] }, 20).between(0, 1000, 20)).toEqual([]);
  });
});
