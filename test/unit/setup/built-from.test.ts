import { expect, test } from "vitest";
import { followStages } from "../../../setup/steps/built-from.mjs";

test("a stage that begins counts those before it as done, by their work", () => {
  const shareAt = followStages([
    ["downloading", 1],
    ["installing", 6],
    ["making the disk", 3],
  ]);
  expect(["something else", "downloading", "installing", "a note", "making the disk"].map(shareAt)).toEqual([
    0, 0, 0.1, 0.1, 0.7,
  ]);
});

test("a stage that was left out is done, and a line that is told twice does not go back", () => {
  const shareAt = followStages([
    ["a", 1],
    ["b", 1],
    ["c", 2],
  ]);
  expect(["a", "c", "b", "a"].map(shareAt)).toEqual([0, 0.5, 0.5, 0.5]);
});
