import { execFile } from "node:child_process";
import { join } from "node:path";
import { promisify } from "node:util";
import { expect, test } from "vitest";
import { projectRoot } from "../../provision/paths.ts";

/** Runs one of the project's tools. */
async function run(program: string, args: readonly string[]): Promise<{ status: number; output: string }> {
  const options = { cwd: projectRoot, maxBuffer: 64 * 2 ** 20 };
  try {
    const { stdout, stderr } = await promisify(execFile)(
      join(projectRoot, "node_modules/.bin", program),
      args,
      options,
    );
    return { status: 0, output: stdout + stderr };
  } catch (error) {
    const { code, stdout, stderr } = error as { code: number; stdout: string; stderr: string };
    return { status: code, output: stdout + stderr };
  }
}

/** Options by which tsc keeps what it found, and looks again at changed files and at those that import them. `npm run check` looks at all. */
const since = (name: string): string[] => [
  "--incremental",
  "--tsBuildInfoFile",
  join(projectRoot, `node_modules/.cache/${name}.tsbuildinfo`),
];

/** TypeScript 7, which checks in a fifth of the processor time. Not `.bin/tsc`: TypeScript 5, whose API docs/generate uses, has that name too. */
const tsc = "../tsc7/bin/tsc";

test.concurrent.each<[string, string, string[]]>([
  ["format and lint", "biome", ["ci", "--error-on-warnings", "--colors=off", "."]],
  ["types", tsc, ["--noEmit", ...since("types")]],
  [
    "types of the report's page, which runs in browsers",
    tsc,
    ["--noEmit", "-p", "verify/report/page", ...since("page")],
  ],
  ["types of a class's page, which runs in browsers", tsc, ["--noEmit", "-p", "view/page", ...since("view")]],
  ["dead code and dependencies", "knip", ["--no-progress", "--cache"]],
])("%s", async (_name, program, args) => {
  const { status, output } = await run(program, args);
  expect(status, output).toBe(0);
});
