import { writeFile } from "node:fs/promises";
import { type Command, Option } from "commander";
import { closeConnections } from "../../provision/ssh/index.ts";
import { type CatalogueEntry, catalogue, readExampleLabs } from "../../verify/checks/catalogue.ts";
import {
  allPassed,
  type CheckResult,
  checkRoles,
  type RunOptions,
  runChecks,
  runChecksUntilTheyPass,
} from "../../verify/checks/check.ts";
import { checks } from "../../verify/checks/index.ts";
import { untilSignal } from "../../verify/live/interruptible.ts";
import type { LiveLab } from "../../verify/live/live-lab.ts";
import { type JunitSuite, junit } from "../../verify/report/junit.ts";
import { tap } from "../../verify/report/tap.ts";
import { CliError, exitStatus } from "../exit-status.ts";
import { liveLabWithFile } from "../live-lab.ts";
import { type JsonOptions, jsonOption, rebootsOption, seconds, separately, stackOption } from "../options.ts";
import { holdingStack } from "../stack-lock.ts";
import { watch } from "../watch.ts";

interface CheckOptions extends JsonOptions {
  readonly list?: boolean;
  readonly faults?: boolean;
  readonly reboots?: boolean;
  readonly only?: string[];
  readonly role?: string[];
  readonly server?: string[];
  readonly wait?: number;
  readonly watch?: number | true;
  readonly tap?: boolean;
  readonly junit?: string;
}

const WATCH_SECONDS = 3;

export const check = (program: Command): void => {
  program
    .command("check")
    .description("check the running lab; exit status 1 if any check fails")
    .addOption(stackOption())
    .addOption(jsonOption())
    .addOption(new Option("--list", "list all checks and run none; needs no lab").conflicts(["server", "faults"]))
    .option("--faults", "also run the checks that inject a fault for a moment: httpd stopped, the master powered off")
    .addOption(rebootsOption().conflicts(["list", "watch"]))
    .option("--only <id...>", "only these checks")
    .option("--role <role...>", `only checks about these roles: ${checkRoles.join(", ")}`)
    .option("--server <name...>", "only checks on these servers; `client` is one of the names")
    .addOption(
      new Option("--wait <seconds>", "repeat until all pass or this time is over").argParser(seconds).conflicts("list"),
    )
    .addOption(
      new Option("--watch [seconds]", `repeat at this interval (${WATCH_SECONDS}) until Ctrl-C`)
        .argParser(seconds)
        .conflicts(["list", "json", "tap", "junit", "wait", "faults"]),
    )
    .addOption(new Option("--tap", "print TAP version 14").conflicts(["json", "list"]))
    .addOption(new Option("--junit <file>", "also write JUnit XML").conflicts("list"))
    .action(async (options: CheckOptions) => {
      known(
        "check",
        options.only,
        checks.map(({ id }) => id),
      );
      known("role", options.role, checkRoles);
      if (options.list) return await list(options);
      await (breaks(options) ? holdingStack(options.stack, () => run(options)) : run(options));
    });
};

/** Whether a check that breaks something may run. */
const breaks = ({ faults, reboots, only = [], watch: watched }: CheckOptions): boolean =>
  watched === undefined &&
  (faults === true || reboots === true || checks.some(({ id, faulty }) => faulty && only.includes(id)));

async function run(options: CheckOptions): Promise<void> {
  const live = await liveLabWithFile(options.stack);
  known("server", options.server, [...live.lab.servers.map(({ name }) => name), "client"]);
  const selection = { only: options.only, roles: options.role, hosts: options.server };
  if (options.watch !== undefined)
    await watchChecks(live, selection, options.watch === true ? WATCH_SECONDS : options.watch);
  else await runOnce(live, { ...selection, faults: options.faults, reboots: options.reboots }, options);
}

/** Refuses values that are not among the choices, and lists the choices. */
function known(what: string, given: readonly string[] = [], choices: readonly string[]): void {
  const unknown = given.filter((one) => !choices.includes(one));
  if (unknown.length > 0)
    throw new CliError(
      `there is no ${what} ${unknown.join(", ")}; choose from ${choices.join(", ")}${separately(unknown)}`,
      exitStatus.configuration,
    );
}

async function runOnce(live: LiveLab, run: RunOptions, options: CheckOptions): Promise<void> {
  const { stack, json, wait = 0, tap: asTap, junit: file } = options;
  const startedAt = new Date().toISOString();
  const begin = performance.now();
  const results = await runChecksUntilTheyPass(live, checks, { ...run, seconds: wait });
  if (file) await writeFile(file, junit([checkSuite(live, startedAt, (performance.now() - begin) / 1000, results)]));
  if (asTap) process.stdout.write(tap(results));
  else if (json)
    console.log(
      JSON.stringify(
        {
          format: "lvs-lab check",
          version: 2,
          lab: live.lab.name,
          stack,
          setup: live.lab.setup,
          control: live.lab.control,
          startedAt,
          passed: allPassed(results),
          checks: results,
        },
        null,
        2,
      ),
    );
  else console.log(formatResults(results));
  if (!allPassed(results)) process.exitCode = exitStatus.failed;
}

async function watchChecks(live: LiveLab, run: RunOptions, every: number): Promise<void> {
  // A watch never runs checks that break something.
  const steady = checks.filter(({ faulty }) => !faulty);
  const last = await watch({
    look: () => runChecks(live, steady, { ...run, patience: "none" }),
    signal: untilSignal(),
    everyMs: every * 1000,
    out: process.stdout,
    whole: (results) => `${new Date().toLocaleTimeString()}, Ctrl-C ends\n${formatResults(results)}`,
    one: formatResult,
  });
  await closeConnections();
  // Running checks would keep this process alive.
  process.exit(last === undefined ? exitStatus.cancelled : allPassed(last) ? exitStatus.ok : exitStatus.failed);
}

async function list({ json, only, role }: CheckOptions): Promise<void> {
  const entries = catalogue(checks, await readExampleLabs()).filter(
    (entry) => (only?.includes(entry.id) ?? true) && (role?.includes(entry.role) ?? true),
  );
  console.log(
    json
      ? JSON.stringify({ format: "lvs-lab check catalogue", version: 2, checks: entries }, null, 2)
      : entries.map(formatEntry).join("\n\n"),
  );
}

/** Check results as a JUnit suite, for CI. */
export function checkSuite(
  live: LiveLab,
  timestamp: string,
  took: number,
  results: readonly CheckResult[],
): JunitSuite {
  return {
    name: `lvs-lab check, stack ${live.stack}`,
    timestamp,
    seconds: took,
    cases: results.map((result) => ({
      name: `${result.id} ${result.subject}: ${result.title}`,
      classname: `lvs-lab.${live.stack}.${result.subject}`,
      seconds: result.ms / 1000,
      ...(result.passed ? {} : { failure: { message: result.seen, detail: formatResult(result) } }),
    })),
  };
}

const formatResults = (results: readonly CheckResult[]): string => {
  const failed = results.filter(({ passed }) => !passed).length;
  return [...results.map(formatResult), `${results.length - failed} checks passed, ${failed} failed`].join("\n");
};

function formatResult(result: CheckResult): string {
  const { passed, id, subject, title, expected, seen, hint, byHand, evidence, ms } = result;
  const head = `${passed ? "ok  " : "FAIL"} ${subject.padEnd(8)} ${id.padEnd(18)} ${passed ? seen : title} (${ms} ms)`;
  if (passed) return head;
  const last = evidence.at(-1);
  return [
    head,
    `       expected: ${expected}`,
    `       seen:     ${seen}`,
    ...(last
      ? [
          `       ${last.where}$ ${last.command}`,
          ...last.output
            .trimEnd()
            .split("\n")
            .map((line) => `         ${line}`),
        ]
      : []),
    `       to see it by hand, on ${subject}:`,
    ...byHand.map((line) => `         ${line}`),
    ...(hint ? [`       fix: ${hint}`] : []),
  ].join("\n");
}

const formatEntry = ({ id, title, role, controls, faulty, reboots, proves, example }: CatalogueEntry): string =>
  [
    `${id}  (${role}; ${controls.join(", ")}${faulty ? `; breaks something for a moment, ${reboots ? "--reboots" : "--faults"}` : ""})`,
    `  ${title}.`,
    `  ${proves}`,
    ...example.byHand.map((line) => `  ${example.subject}$ ${line}`),
  ].join("\n");
