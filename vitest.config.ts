import { availableParallelism } from "node:os";
import { defineConfig } from "vitest/config";
import SlowestFirst from "./test/slowest-first.ts";

/** Minutes in the unit that vitest takes. */
const minutes = (count: number): number => count * 60_000;

/** What all projects have. */
const common = <T extends object>({ test }: { test: T }) => ({
  test: {
    ...test,
    // vitest's own second of patience is too little on a busy machine: what is awaited comes, and what must come at once is measured.
    expect: { poll: { timeout: 20_000 } },
    // Or bash, with a socket as its standard input, takes itself for one of rshd and reads ~/.bashrc: bash(1).
    env: { SHLVL: "1" },
  },
});

/** Tests on VMs that take long: each kind runs when `--project NAME` asks for it. */
const long = ["recovery", "hosts", "examples"]
  .filter((name) => new RegExp(`--project[ =]${name}\\b`).test(process.argv.join(" ")))
  .map((name) => ({
    test: {
      name,
      include: [`test/${name}/**/*.test.ts`],
      testTimeout: minutes(12),
      hookTimeout: minutes(12),
      sequence: { groupOrder: 6 },
      maxWorkers: 1,
    },
  }));

/** Quick tests and those of programs run side by side, two workers more than there are processors: some tests wait. */
const sideBySide = (groupOrder: number) => ({ sequence: { groupOrder }, maxWorkers: availableParallelism() + 2 });

/** Integration tests whose instruments count milliseconds: VRRP's timers on the wire, a thousand requests a second. */
const timing = ["test/integration/wire.test.ts", "test/integration/probe.test.ts"];

/** Tests of running programs: guests, labs, keepalived in namespaces. Two files run side by side, and what measures comes first: test/turns. */
const running = (turns: "beside" | "measuring") => ({
  setupFiles: [`test/turns/${turns}.ts`],
  testTimeout: minutes(5),
  hookTimeout: minutes(10),
  sequence: { groupOrder: 2 },
  maxWorkers: 2,
});

/** Tests on whole labs. */
const labs = {
  ...running("beside"),
  setupFiles: ["test/turns/each-test.ts", "test/e2e/keep-report.ts"],
  testTimeout: minutes(20), // beside another one
  hookTimeout: minutes(20),
};

/** Quick tests first, then those of programs, then what waits more than it computes. */
export default defineConfig({
  test: {
    reporters: ["verbose", "./test/reporter.ts"],
    sequence: { sequencer: SlowestFirst },
    experimental: { fsModuleCache: true }, // what was compiled is kept by its content: a tenth of the quick tests' time
    tags: [{ name: "timed", description: "other tests run meanwhile only as far as this one waits" }],
    projects: [
      { test: { name: "static", include: ["test/static/**/*.test.ts"], testTimeout: minutes(15), ...sideBySide(0) } },
      // `programs` starts lvs-lab and pulumi as users do, compilers, and shells by the dozen: its files take seconds of a processor each.
      ...["unit", "programs"].map((name, order) => ({
        test: {
          name,
          include: [`test/${name}/**/*.test.ts`],
          testTimeout: minutes(3), // hangs are what it is for: what is slow breaks its budget
          hookTimeout: minutes(3),
          execArgv: ["--import", "./setup/lean.mjs"], // as the programs load Pulumi's SDK
          isolate: false, // importing the sources for each file anew takes half a minute
          setupFiles: ["test/unit/clean-process.ts"],
          ...sideBySide(order),
        },
      })),
      { test: { name: "e2e", include: ["test/e2e/**/*.test.ts"], ...labs } },
      { test: { name: "image", include: ["test/integration/image/*.test.ts"], ...running("beside") } },
      { test: { name: "integration", include: ["test/integration/*.test.ts"], exclude: timing, ...running("beside") } },
      { test: { name: "timing", include: timing, ...running("measuring") } },
      ...long,
    ].map(common),
  },
});
