import type { JunitCase, JunitSuite } from "./junit.ts";
import type { RunResult, StepResult } from "./result.ts";

/** A run for JUnit: one case for each step, and another, failed one after an interruption. */
export function runSuite(result: RunResult): JunitSuite {
  const { stack, scenario, startedAt, durationMs, steps, interrupted } = result;
  const classname = `lvs-lab.${stack}.${scenario.name}`;
  return {
    name: `${scenario.title} (${stack})`,
    timestamp: startedAt,
    seconds: durationMs / 1000,
    cases: [
      ...steps.map((step) => stepCase(step, classname)),
      ...(interrupted === undefined ? [] : [interruption(result, interrupted, classname)]),
    ],
  };
}

function stepCase(step: StepResult, classname: string): JunitCase {
  const base = { name: `${step.n}. ${step.title}`, classname, seconds: (step.to - step.from) / 1000 };
  if (step.ok) return base;
  const { title, expected, seen } = step;
  return {
    ...base,
    failure: {
      message: expected === undefined ? (seen ?? `${title}: failed`) : `expected ${expected}, saw ${seen ?? "nothing"}`,
      detail: describeFailure(step),
    },
  };
}

const interruption = ({ durationMs, steps }: RunResult, interrupted: string, classname: string): JunitCase => ({
  name: "the run reaches its end",
  classname,
  seconds: 0,
  failure: {
    message: `interrupted: ${interrupted}`,
    detail: `It ended after ${(durationMs / 1000).toFixed(1)} s and ${steps.length} steps; the remaining steps are not in this report.`,
  },
});

/** Expected, seen, hint, and the commands behind them. */
function describeFailure({ expected, seen, hint, evidence }: StepResult): string {
  const facts = [
    ["expected", expected],
    ["seen", seen],
    ["hint", hint],
  ].flatMap(([label = "", text]) => (text === undefined ? [] : [`${`${label}:`.padEnd(10)}${text}`]));
  const commands = evidence.flatMap(({ where, command, output, status }) => [
    "",
    `${where}$ ${command}`,
    ...(output.trimEnd() === "" ? [] : [output.trimEnd()]),
    ...(status === 0 ? [] : [`(${status === null ? "ended by a signal" : `status ${status}`})`]),
  ]);
  return [...facts, ...commands].join("\n");
}
