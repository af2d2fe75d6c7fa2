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

/** Quick tests and those of commands run side by side, one worker more than there are processors: some tests wait. */
const sideBySide = (groupOrder: number) => ({ sequence: { groupOrder }, maxWorkers: availableParallelism() + 1 });

/** Integration tests whose instruments count milliseconds: VRRP's timers on the wire, a thousand requests a second. */
const timing = ["test/integration/wire.test.ts", "test/integration/probe.test.ts"];

/** Tests on whole labs. */
const labs = {
  globalSetup: ["test/e2e/shared-lab.ts"],
  setupFiles: ["test/e2e/turns.ts", "test/e2e/keep-report.ts"],
  testTimeout: minutes(20), // beside another one
  hookTimeout: minutes(20),
};

/**
 * Quick tests first, then one kind after another. Integration tests and labs wait more than they compute: two files run side by side. A
 * test that measures has the machine to itself: `timing`, `alone`, and by its tag those of e2e that do (test/e2e/turns.ts).
 */
export default defineConfig({
  test: {
    reporters: ["verbose", "./test/reporter.ts"],
    sequence: { sequencer: SlowestFirst },
    tags: [{ name: "alone", description: "no other test runs meanwhile" }],
    projects: [
      { test: { name: "static", include: ["test/static/**/*.test.ts"], testTimeout: minutes(15), ...sideBySide(0) } },
      // `commands` starts lvs-lab and pulumi as users do: each of its tests takes seconds of a processor.
      ...["unit", "commands"].map((name, order) => ({
        test: {
          name,
          include: [`test/${name}/**/*.test.ts`],
          testTimeout: minutes(3), // hangs are what it is for: what is slow breaks its budget
          hookTimeout: minutes(3),
          isolate: false, // importing the sources for each file anew takes half a minute
          setupFiles: ["test/unit/clean-process.ts"],
          ...sideBySide(order),
        },
      })),
      {
        test: {
          name: "integration",
          include: ["test/integration/*.test.ts"],
          exclude: timing,
          testTimeout: minutes(5),
          hookTimeout: minutes(10),
          sequence: { groupOrder: 2 },
          maxWorkers: 2,
        },
      },
      {
        test: {
          name: "timing",
          include: timing,
          testTimeout: minutes(5),
          hookTimeout: minutes(10),
          sequence: { groupOrder: 3 },
          maxWorkers: 1,
        },
      },
      {
        test: {
          name: "image",
          include: ["test/integration/image/*.test.ts"],
          setupFiles: ["test/e2e/turns.ts"],
          testTimeout: minutes(5),
          hookTimeout: minutes(10),
          sequence: { groupOrder: 4 },
          maxWorkers: 2,
        },
      },
      {
        test: {
          name: "e2e",
          include: ["test/e2e/**/*.test.ts"],
          ...labs,
          sequence: { groupOrder: 4 },
          maxWorkers: 2,
        },
      },
      {
        test: {
          name: "alone",
          include: ["test/alone/**/*.test.ts"],
          ...labs,
          sequence: { groupOrder: 5 },
          maxWorkers: 1,
        },
      },
      ...long,
    ].map(common),
  },
});
