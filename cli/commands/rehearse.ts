import { existsSync } from "node:fs";
import { mkdir, writeFile } from "node:fs/promises";
import { join, relative } from "node:path";
import { type Command, InvalidArgumentError, Option } from "commander";
import { likelyAcceleration } from "../../provision/host/image/acceleration.ts";
import { fails, findingsAsJson, formatFindings, summaryOf } from "../../rehearse/lint/format.ts";
import { lint } from "../../rehearse/lint/index.ts";
import { rules } from "../../rehearse/lint/rules/index.ts";
import { findingsAsSarif } from "../../rehearse/lint/sarif.ts";
import {
  cellsOf,
  type Event,
  eventNames,
  events,
  formatMatrix,
  prepareCell,
  type Row,
  rowOf,
  serviceWords,
} from "../../rehearse/matrix/index.ts";
import { PLAN } from "../../rehearse/plan/file.ts";
import { interruptible } from "../../verify/live/interruptible.ts";
import { type JunitSuite, junit } from "../../verify/report/junit.ts";
import { runSuite } from "../../verify/report/run-suite.ts";
import { CliError, exitStatus } from "../exit-status.ts";
import { liveLab } from "../live-lab.ts";
import { nextSteps } from "../next-steps.ts";
import { reportOption, stackName, wholeNumber } from "../options.ts";
import { pulumiDo } from "../pulumi.ts";
import { prepareStack } from "../recover.ts";
import { configureRehearsal, folderAt, folderOf, planAt, rehearsalStack, writePlan } from "../rehearsal.ts";
import { reportOf } from "../report-error.ts";
import { holdingStack, type StackLock } from "../stack-lock.ts";
import { takeAway } from "../take-away.ts";
import { runAndReport } from "./scenario.ts";

const say = (message: string): void => console.error(message);

/** What every subcommand takes. */
const folderArgument = "one file for each director, NAME.conf or NAME/keepalived.conf, and what they include or run";

export const rehearse = (program: Command): void => {
  const group = program
    .command("rehearse")
    .description("tell what your own keepalived.conf will do, before it goes live");

  group
    .command("lint")
    .description(
      "find what `keepalived -t` passes and people regret, without a VM; exit status 1 if something is found",
    )
    .argument("<folder>", folderArgument)
    .option("-j, --json", "print JSON instead of text")
    .option("--sarif", "print SARIF 2.1.0, which code hosts and editors show beside the lines")
    .action((path: string, { json, sarif }: { json?: boolean; sarif?: boolean }) => {
      const folder = folderAt(path);
      const findings = lint(folder);
      if (sarif) console.log(JSON.stringify(findingsAsSarif(folder, findings, rules), null, 2));
      else if (json) console.log(JSON.stringify(findingsAsJson(folder, findings), null, 2));
      else console.log(formatFindings(folder, findings));
      if (fails(findings)) process.exitCode = exitStatus.failed;
    });

  group
    .command("init")
    .description(`write ${PLAN}: which interface is on which network, where real servers are; says what it assumed`)
    .argument("<folder...>", "the folder, or all of its configurations")
    .option("--force", "replace the file that is there")
    .action((paths: string[], { force }: { force?: boolean }) =>
      writePlan(folderOf(paths), { ...(force ? { force } : {}), say: console.log }),
    );

  group
    .command("up")
    .description(
      "bring the directors up with their files as they are, and stand-ins for what they talk to; `down` removes them",
    )
    .argument("<folder>", folderArgument)
    .addOption(rehearsalStackOption())
    .action(async (path: string, { stack = rehearsalStack(path) }: { stack?: string }) => {
      await holdingStack(stack, async (lock) => await bringUp(lock, path));
      const live = await liveLab(stack);
      say(`Services: ${serviceWords(live.lab)}.${nextSteps(live)}`);
    });

  group
    .command("run", { isDefault: true })
    .description(
      "bring the directors up, break the master in several ways under load, compare with VRRP's promise, remove everything",
    )
    .argument("<folder>", folderArgument)
    .addOption(rehearsalStackOption())
    .addOption(reportOption())
    .addOption(
      new Option("--only <event...>", `what to do to the master: ${eventNames.join(", ")}`).argParser(eventList),
    )
    .option("--budget <minutes>", "begin no further run after so many minutes", wholeNumber(10_000))
    .option("--junit", "write junit.xml into the directory of the reports, too")
    .option("--keep", "leave the directors up")
    .option("--require-kvm", "fail if the directors would be emulated, which is slower and less exact")
    .action(async (path: string, { stack = rehearsalStack(path), ...options }: RunOptions) => {
      tellOfLint(path);
      if (options.requireKvm) demandKvm(likelyAcceleration());
      process.exitCode = await holdingStack(stack, async (lock) => {
        try {
          return await interruptible(async (signal) => await rehearseAll(lock, path, { ...options, signal }));
        } finally {
          if (options.keep) say(`The directors stay up: npx lvs-lab down -s ${stack} removes them.`);
          else await takeAway(lock, { say }).catch((error) => say(String(reportOf(error).shown)));
        }
      });
    });
};

interface RunOptions {
  readonly stack?: string;
  readonly report: string;
  readonly only?: readonly Event[];
  readonly budget?: number;
  readonly junit?: boolean;
  readonly keep?: boolean;
  readonly requireKvm?: boolean;
}

const rehearsalStackOption = (): Option =>
  new Option("-s, --stack <name>", "the stack; by default rehearse- and the folder's name").argParser(stackName);

/** Reads one event more of `--only`. */
function eventList(word: string, before: readonly Event[] = []): Event[] {
  if (eventNames.includes(word as Event)) return [...before, word as Event];
  throw new InvalidArgumentError(`expected one of ${eventNames.join(", ")}.`);
}

/** @throws CliError unless guests run under KVM */
function demandKvm(acceleration: "kvm" | "qemu"): void {
  if (acceleration !== "kvm")
    throw new CliError(
      "KVM is required and does not work here. Fix: `npx lvs-lab doctor` says why; without --require-kvm the directors are emulated",
      exitStatus.configuration,
    );
}

/** A line on what lint finds: the rehearsal shows what these do. */
function tellOfLint(path: string): void {
  const findings = lint(folderAt(path));
  if (findings.length > 0) say(`lint: ${summaryOf(findings)}; \`npx lvs-lab rehearse lint ${path}\` tells them`);
}

/** Brings up the rehearsal of a folder; writes its plan if it has none. */
async function bringUp(lock: StackLock, path: string): Promise<void> {
  if (!existsSync(join(path, PLAN))) writePlan(path, { say });
  await configureRehearsal(lock.stack, path);
  await prepareStack(lock, say);
  const status = await pulumiDo("up", lock.stack);
  if (status !== 0) throw new CliError(`\`pulumi up\` ended with status ${status}`, status);
}

/** @returns the exit status: 1 if a measurement misses what was promised */
async function rehearseAll(
  lock: StackLock,
  path: string,
  { report, only, budget, junit: asJunit, requireKvm, signal }: RunOptions & { readonly signal: AbortSignal },
): Promise<number> {
  await bringUp(lock, path);
  const live = await liveLab(lock.stack);
  if (requireKvm) demandKvm(live.acceleration);
  const cells = cellsOf(live.lab, only);
  if (cells.length === 0 && cellsOf(live.lab).length > 0)
    throw new CliError(
      `${only?.join(", ")} fits none of the services ${serviceWords(live.lab)}: but for crash, a master must take its addresses back; a real server must not be ` +
        "alone, and a health check must see how it fails. Fix: leave --only out",
      exitStatus.configuration,
    );
  if (cells.length === 0)
    throw new CliError(
      `nothing to break: ${
        live.lab.services.length === 0
          ? "there is no virtual server of TCP with an address and a port on the client's network, of which outages could be seen"
          : `of the services ${serviceWords(live.lab)} none has real servers and an address that an instance of two directors holds`
      }. Fix: see the client's network and the stand-ins in ${join(path, PLAN)}; \`npx lvs-lab rehearse lint ${path}\` tells what the configurations lack`,
      exitStatus.configuration,
    );
  const { budgets } = await planAt(path);
  const begun = performance.now();
  const rows: Row[] = [];
  const suites: JunitSuite[] = [];
  let left = cells.length;
  for (const cell of cells) {
    signal.throwIfAborted();
    if (budget !== undefined && performance.now() - begun > budget * 60_000) break;
    const { result, paths } = await runAndReport(live, await prepareCell(live, cell), report);
    rows.push(rowOf(cell, result, relative(process.cwd(), paths.html), budgets));
    suites.push(runSuite(result));
    left -= 1;
    if (result.interrupted !== undefined) break;
  }
  console.log(formatMatrix(rows));
  if (left > 0)
    console.log(
      `${left} of ${cells.length} not run: ${cells
        .slice(-left)
        .map(({ event }) => events[event].title)
        .join("; ")}`,
    );
  if (asJunit) {
    await mkdir(report, { recursive: true });
    await writeFile(join(report, "junit.xml"), junit(suites));
  }
  return rows.every(({ passed }) => passed) ? exitStatus.ok : exitStatus.failed;
}
