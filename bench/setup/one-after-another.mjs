// @ts-check
/**
 * The set-up as a list of commands, as first written: steps in sequence, each Go module built with its own caches, and the compiler
 * unmodified. `bench/parts/setup.ts` runs it in a fresh clone. Plain JavaScript, because it runs before `npm ci`.
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
  // The toolchain step finds its binaries built, and moves them into place.
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
