import { type FailoverReport, failoverReport } from "../../../../verify/failover/index.ts";
import type { RunResult, StepResult } from "../../../../verify/report/result.ts";
import { aRun } from "../report/a-run.ts";

/** The run that reports are tried on, as a failover that is as it should be: its last step measures another thing. */
export function aFailover(change: Partial<RunResult> = {}): RunResult {
  const run = aRun();
  const steps = run.steps.slice(0, -1);
  return { ...run, steps, passed: true, ...change };
}

/** What is said of it. */
export const reported = (run: RunResult = aFailover(), { preempt = true } = {}): FailoverReport =>
  failoverReport(run, { master: "server1", standby: "server4", requires: { preempt } });

/** The run as it is after the first so many steps. */
export const endedAfter = (count: number, last: Partial<StepResult> = {}): RunResult => {
  const run = aFailover();
  const steps = run.steps.slice(0, count).map((step, index) => (index === count - 1 ? { ...step, ...last } : step));
  const windows = run.windows.filter(({ step }) => step === 0 || steps.some(({ n }) => n === step));
  return { ...run, steps, windows, passed: false };
};
