import { relative } from "node:path";
import type { Reporter, TestModule, Vitest } from "vitest/node";
import { processorTime } from "../bench/harness/machine.ts";
import { projectRoot } from "../provision/paths.ts";
import { budgetOf, together, togetherWith, WHOLE } from "./budgets.ts";
import { slowness } from "./reference.ts";

/** The machine is measured so often, for a tenth of a second and more, while tests run. */
const SAMPLE_EVERY_MS = 15_000;

/** So many skipped tests are named: those that a machine cannot run. `-t` skips more. */
const NAMED = 20;

/** A test file's time beside its budget, both in seconds. */
interface Row {
  readonly file: string;
  readonly seconds: number;
  /** When it ended, in milliseconds. */
  readonly end: number;
  /** How slow the machine was meanwhile. */
  readonly slowness: number;
  readonly budget: number | undefined;
}

/**
 * Says at the end of a run where the time went and what was skipped, holds each file to its budget, and prints `N passed, N failed` (and `, N skipped`) from the
 * runner's own counts as the run's last line. A file that could not run counts as failed, and so does a budget that was not kept. A `-t` that no test has is a
 * failure, too.
 */
export default class RunReporter implements Reporter {
  readonly #rows: Row[] = [];
  #begun = 0;
  readonly #samples: { readonly at: number; readonly slowness: number }[] = [];
  #before = processorTime();
  /** What the names of tests are looked for, `-t`. */
  #pattern: RegExp | undefined;
  #sampling: NodeJS.Timeout | undefined;

  onInit({ config }: Vitest): void {
    this.#pattern = config.testNamePattern;
  }

  onTestRunStart(): void {
    this.#begun = performance.now();
    this.#sample();
    this.#sampling = setInterval(() => this.#sample(), SAMPLE_EVERY_MS).unref();
  }

  #sample(): void {
    const now = processorTime();
    const stolen = now.stolen - this.#before.stolen;
    const given = now.busy + now.idle - this.#before.busy - this.#before.idle;
    this.#before = now;
    const withheld = given > 0 ? (given + stolen) / given : 1;
    this.#samples.push({ at: performance.now(), slowness: slowness() * withheld });
  }

  /** How slow the machine was in a time: the mean of what was measured then, or the last value before its end. */
  #slownessIn(from: number, to: number): number {
    const before = this.#samples.filter(({ at }) => at <= to);
    const within = before.filter(({ at }) => at >= from);
    const taken = within.length > 0 ? within : before.slice(-1);
    return taken.reduce((sum, one) => sum + one.slowness, 0) / Math.max(1, taken.length);
  }

  onTestModuleEnd(module: TestModule): void {
    const { collectDuration, duration, setupDuration } = module.diagnostic();
    const file = relative(projectRoot, module.moduleId);
    const seconds = (collectDuration + setupDuration + duration) / 1000;
    const now = performance.now();
    const slow = this.#slownessIn(now - 1000 * seconds, now);
    this.#rows.push({ file, seconds, end: now, slowness: slow, budget: budgetOf(file) });
  }

  onTestRunEnd(modules: readonly TestModule[], errors: readonly unknown[]): void {
    const count = { passed: 0, failed: errors.length, skipped: 0, pending: 0 };
    const skipped: string[] = [];
    for (const module of modules) {
      const tests = [...module.children.allTests()];
      for (const test of tests) {
        const { state } = test.result();
        count[state]++;
        if (state === "skipped" || state === "pending")
          skipped.push(`skipped: ${relative(projectRoot, module.moduleId)} > ${test.fullName}`);
      }
      if (module.state() === "failed" && tests.every((test) => test.result().state !== "failed")) count.failed++;
    }
    const kept = this.#budgets(modules.length);
    count.failed += kept.broken.length;
    if (kept.broken.length > 0) process.exitCode = 1;
    const lines = [...kept.table, ...(skipped.length > NAMED ? [] : skipped), ...kept.broken];
    if (this.#pattern && count.passed + count.failed === 0) {
      process.exitCode = 1;
      lines.push(
        `No test has run: -t ${this.#pattern.source} is in no test's name. Fix: compare it with the names that a run without -t prints`,
      );
    }
    // After the default reporter's own summary, which it prints when the run ends.
    process.once("exit", () => {
      process.stdout.write(lines.map((line) => `${line}\n`).join(""));
      process.stdout.write(
        `${count.passed} passed, ${count.failed} failed${skipped.length > 0 ? `, ${skipped.length} skipped` : ""}\n`,
      );
    });
  }

  /** The row of the files of one kind, which ran side by side; none if there were none. */
  #together(kind: keyof typeof together): Row[] {
    const rows = this.#rows.filter(({ file }) => togetherWith(file) === kind);
    if (rows.length === 0) return [];
    const begun = Math.min(...rows.map(({ seconds, end }) => end - 1000 * seconds));
    const { title, budget } = together[kind];
    const file = `${rows.length} files of ${title}, side by side`;
    return [this.#row(file, begun, Math.max(...rows.map(({ end }) => end)), budget)];
  }

  #row(file: string, begun: number, end: number, budget: number | undefined): Row {
    return { file, seconds: (end - begun) / 1000, end, slowness: this.#slownessIn(begun, end), budget };
  }

  /** Where the time went, and what took longer than it may. */
  #budgets(files: number): { table: string[]; broken: string[] } {
    clearInterval(this.#sampling);
    const now = performance.now();
    const alone = this.#rows.filter(({ file }) => togetherWith(file) === undefined);
    const rows: Row[] = [
      ...alone.sort((one, other) => other.seconds - one.seconds),
      ...(["quick", "programs"] as const).flatMap((kind) => this.#together(kind)),
      // Only a run of everything has a budget as a whole.
      this.#row("the whole run", this.#begun, now, files > 100 && alone.length > 0 ? WHOLE : undefined),
    ];
    const late = rows.filter(({ seconds, slowness: slow, budget }) => budget !== undefined && seconds > budget * slow);
    return {
      table: [
        "",
        "where the time went: seconds, budget, how slow the machine was meanwhile",
        ...rows.map(
          ({ file, seconds, slowness: slow, budget }) =>
            `${seconds.toFixed(1).padStart(8)} ${(budget?.toString() ?? "").padStart(6)} ${slow.toFixed(2).padStart(6)}  ${file}`,
        ),
        "",
      ],
      broken: late.map(
        ({ file, seconds, slowness: slow, budget = 0 }) =>
          `${file} took ${seconds.toFixed(1)} s, and may take ${(budget * slow).toFixed(1)} s on a machine that is ${slow.toFixed(2)} times as slow as the budgets' own. ` +
          "Fix: make it faster, or change test/budgets.ts and say why",
      ),
    };
  }
}
