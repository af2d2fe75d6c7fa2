import { expect, it } from "vitest";
import { strip } from "../../../../verify/probe/index.ts";
import { lost, series, served, times } from "./series.ts";

it("draws service, its loss and a share of it", () => {
  const requests = series([...times(5, served), ...times(5, lost), served, served, lost, lost, lost]);
  expect(strip(requests, { from: -100, to: 400, binMs: 100 })).toBe(" █▁▃ ");
});

it("does not draw one lost request as full service", () => {
  expect(strip(series([...times(49, served), lost]), { from: 0, to: 1000, binMs: 1000 })).toBe("▇");
});
