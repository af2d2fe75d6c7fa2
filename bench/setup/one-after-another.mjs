// @ts-check
/**
 * The set-up as a list of commands would have it, and as it was first written: each step when the one before it is through, each Go
 * module built on its own with caches that know nothing of the other, and the compiler left as it is. `bench/parts/setup.ts` runs it in a fresh
 * clone: plain JavaScript, for it runs before `npm ci`.
 */
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { cacheRoot } from "../../setup/paths.mjs";
import { createReporter } from "../../setup/steps/reporter.mjs";
import { runSteps } from "../../setup/steps/run-steps.mjs";
import { steps } from "../../setup/steps/steps.mjs";
import { buildBinaries, toolchain } from "../../setup/steps/toolchain.mjs";
import { toolchainDirectory } from "../../setup/toolchain/locate.mjs";
import { binaries } from "../../setup/toolchain/recipe.mjs";

/** @type {import("../../setup/steps/run-steps.mjs").Step[]} */
const builds = [...new Set(binaries.map(({ module }) => module))].map((module) => ({
  name: `Go module ${module}`,
  needs: [],
  does: "builds its binaries",
  takes: "some minutes",
  isDone: toolchain.isDone,
  run: async (context) => {
    await buildBinaries(
      binaries.filter((binary) => binary.module === module),
      toolchainDirectory(),
      context,
      { gcflags: [], tags: [] },
    );
  },
}));

const reporter = createReporter();
const { signal } = new AbortController();
mkdirSync(cacheRoot(), { recursive: true });
try {
  // The toolchain's own step finds its binaries built, and puts them in their place.
  for (const step of steps.flatMap((one) => (one === toolchain ? [...builds, one] : [one]))) {
    const { failed } = await runSteps([{ ...step, needs: [] }], {
      reporter,
      signal,
      logOf: () => join(cacheRoot(), "one-after-another.log"),
    });
    if (failed > 0) throw new Error(`${step.name} failed`);
  }
} finally {
  reporter.close();
}
