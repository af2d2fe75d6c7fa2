import { type Command, Option } from "commander";
import { type CheckResult, runChecks } from "../../verify/checks/check.ts";
import { checks } from "../../verify/checks/index.ts";
import { faults } from "../../verify/faults/index.ts";
import { interruptible } from "../../verify/live/interruptible.ts";
import type { JunitSuite } from "../../verify/report/junit.ts";
import { runSuite } from "../../verify/report/run-suite.ts";
import { writeJunit } from "../../verify/report/write.ts";
import { findScenario, prepareScenario, readScenario } from "../../verify/scenarios/index.ts";
import { configuredRehearsal } from "../configured-lab.ts";
import { exitStatus } from "../exit-status.ts";
import { liveLab, rehearsalError } from "../live-lab.ts";
import { reportOption, type StackOptions, stackOption } from "../options.ts";
import { pulumiDo } from "../pulumi.ts";
import { prepareStack } from "../recover.ts";
import { reportOf } from "../report-error.ts";
import { holdingStack, type StackLock } from "../stack-lock.ts";
import { takeAway } from "../take-away.ts";
import { checkSuite } from "./check.ts";
import { formatReported, runAndReport } from "./scenario.ts";

export const ci = (program: Command): void => {
  program
    .command("ci")
    .description("for a pipeline: bring the lab up, check it, run scenarios, write reports, remove the lab")
    .addOption(stackOption())
    .option("--scenarios <name...>", "scenarios to run after the checks", ["real-server-down", "director-down"])
    .addOption(reportOption())
    .addOption(
      new Option("--keep <when>", "leave the lab up afterwards")
        .choices(["never", "on-failure", "always"])
        .default("never"),
    )
    .action(async ({ stack, scenarios, report, keep }: CiOptions) => {
      const say = (message: string): void => console.error(message);
      // First validate the arguments: a typing error must not cost a lab.
      for (const name of scenarios) await readScenario(await findScenario(name), { faults });
      const rehearsed = await configuredRehearsal(stack);
      if (rehearsed !== undefined) throw rehearsalError(stack, rehearsed);
      process.exitCode = await holdingStack(stack, async (lock) => {
        let status: number = exitStatus.internal;
        try {
          status = await interruptible(async (signal) => await pipeline({ lock, scenarios, report, signal, say }));
        } finally {
          // Also after an error that is shown later: remove the lab.
          const kept = keep === "always" || (keep === "on-failure" && status !== exitStatus.ok);
          if (kept) say(`The lab stays up: npx lvs-lab down -s ${stack} removes it.`);
          else
            await takeAway(lock, { say }).catch((error) => {
              if (status === exitStatus.ok) throw error;
              say(String(reportOf(error).shown)); // in addition to an earlier failure
            });
        }
        return status;
      });
    });
};

interface CiOptions extends StackOptions {
  readonly scenarios: string[];
  readonly report: string;
  readonly keep: "never" | "on-failure" | "always";
}

interface Pipeline extends Omit<CiOptions, "keep" | "stack"> {
  readonly lock: StackLock;
  readonly signal: AbortSignal;
  readonly say: (message: string) => void;
}

/** Up, checks, scenarios, and one JUnit file for all, even if interrupted. @returns the exit status */
async function pipeline({ lock, scenarios, report, signal, say }: Pipeline): Promise<number> {
  const { stack } = lock;
  await prepareStack(lock, say);
  const up = await pulumiDo("up", stack);
  if (up !== 0) return up;
  signal.throwIfAborted();
  const live = await liveLab(stack);
  const begun = performance.now();
  const startedAt = new Date().toISOString();
  const results = await runChecks(live, checks);
  for (const result of results.filter(({ passed }) => !passed)) say(describe(result));
  const suites: JunitSuite[] = [checkSuite(live, startedAt, (performance.now() - begun) / 1000, results)];
  console.log(`checks: ${results.filter(({ passed }) => passed).length} of ${results.length} passed`);
  let status: number = results.every(({ passed }) => passed) ? exitStatus.ok : exitStatus.failed;
  try {
    for (const name of status === exitStatus.ok ? scenarios : []) {
      signal.throwIfAborted();
      const run = await runAndReport(live, await prepareScenario(live, name), report);
      console.log(formatReported(run));
      const { result } = run;
      suites.push(runSuite(result));
      if (!result.passed) status = exitStatus.failed;
      if (result.interrupted !== undefined) return exitStatus.cancelled;
    }
  } finally {
    say(`JUnit: ${await writeJunit(report, suites)}`);
  }
  return status;
}

const describe = ({ id, subject, expected, seen }: CheckResult): string =>
  `✗ ${id} on ${subject}: expected ${expected}; saw ${seen}`;
