import type { Reporter, TestModule } from "vitest/node";

/** Prints `N passed, N failed` (and `, N skipped`) from the runner's own counts as the run's last line. A file that could not run counts as failed. */
export default class ClosingLine implements Reporter {
  onTestRunEnd(modules: readonly TestModule[], errors: readonly unknown[]): void {
    const count = { passed: 0, failed: errors.length, skipped: 0, pending: 0 };
    for (const module of modules) {
      const tests = [...module.children.allTests()];
      for (const test of tests) count[test.result().state]++;
      if (module.state() === "failed" && tests.every((test) => test.result().state !== "failed")) count.failed++;
    }
    const skipped = count.skipped + count.pending;
    // After the default reporter's own summary, which it prints when the run ends.
    process.once("exit", () => {
      process.stdout.write(
        `${count.passed} passed, ${count.failed} failed${skipped > 0 ? `, ${skipped} skipped` : ""}\n`,
      );
    });
  }
}
