import { expect, it } from "vitest";
import { formatDuration, parseDuration } from "../../../../lab/yaml/duration.ts";

it.each([
  ["20ms", 20],
  ["2s", 2000],
  ["1.5s", 1500],
  ["0.1m", 6000],
  ["1m", 60_000],
  ["0s", 0],
])("%s is %i ms", (text, ms) => {
  expect(parseDuration(text)).toBe(ms);
});

it.each(["5", "1h", "2 s", "-1s", "1.0001s", "s", "", 5, null])("%j is no duration", (text) => {
  expect(parseDuration(text)).toBeUndefined();
});

it.each([0, 5, 1000, 1001, 60_000, 90_000, 600_000])("%i ms are read as they are written", (ms) => {
  expect(parseDuration(formatDuration(ms))).toBe(ms);
});
