import { spawnSync } from "node:child_process";
import { expect, test } from "vitest";

/** Runs one of the project's tools and expects it to find nothing. */
const finds = (...command: string[]): { status: number | null; output: string } => {
  const { status, stdout, stderr } = spawnSync("npx", ["--no-install", ...command], { encoding: "utf8" });
  return { status, output: stdout + stderr };
};

test.each([
  ["format and lint", ["biome", "ci", "--error-on-warnings", "--colors=off", "."]],
  ["types", ["tsc", "--noEmit"]],
  ["types of the report's page, which runs in browsers", ["tsc", "--noEmit", "-p", "verify/report/page"]],
  ["dead code and dependencies", ["knip", "--no-progress"]],
])("%s", (_name, command) => {
  const { status, output } = finds(...command);
  expect(status, output).toBe(0);
});
