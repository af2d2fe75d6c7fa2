import { mkdir } from "node:fs/promises";
import { join, relative } from "node:path";
import type { Command } from "commander";
import type { Lab, VirtualService } from "../../lab/index.ts";
import { faults } from "../../verify/faults/index.ts";
import type { LiveLab } from "../../verify/live/live-lab.ts";
import type { RunResult } from "../../verify/report/result.ts";
import { formatRun } from "../../verify/report/terminal.ts";
import { ms } from "../../verify/report/words.ts";
import { type ReportPaths, writeReport } from "../../verify/report/write.ts";
import {
  findScenario,
  prepareScenario,
  type Repeated,
  type ResolvedScenario,
  readScenario,
  repeated,
  runScenario,
  scenarioNames,
  serviceOf,
  unmetRequirements,
} from "../../verify/scenarios/index.ts";
import { CliError, exitStatus } from "../exit-status.ts";
import { liveLab } from "../live-lab.ts";
import { type JsonOptions, jsonOption, reportOption, serviceOption, stackOption, wholeNumber } from "../options.ts";
import { holdingStack } from "../stack-lock.ts";

export const scenario = (program: Command): void => {
  const group = program
    .command("scenario")
    .description("inject faults in a planned order, and measure what the client sees");

  group
    .command("list")
    .description("list the shipped scenarios")
    .option("-j, --json", "print JSON instead of text")
    .action(async ({ json }: { json?: boolean }) => {
      const all = await Promise.all((await scenarioNames()).map(shipped));
      if (json) console.log(JSON.stringify({ format: "lvs-lab scenarios", version: 2, scenarios: all }, null, 2));
      else
        for (const { name, controls, title } of all)
          console.log(`${name.padEnd(24)} ${controls.join(",").padEnd(18)} ${title}`);
    });

  group
    .command("validate")
    .description("check scenario files; errors name file, line and fix")
    .argument("<file...>", "scenario files")
    .action(async (files: string[]) => {
      for (const file of files) {
        const { title, steps } = await readScenario(file, { faults });
        console.log(`${file}: "${title}", ${steps.length} steps: valid`);
      }
    });

  group
    .command("run")
    .description("run scenarios one after another, and write a report of each; exit status 1 if any fails")
    .addOption(stackOption())
    .addOption(jsonOption())
    .argument("[scenario...]", "names (see `scenario list`) or paths")
    .option("--all", "all shipped scenarios that fit the lab")
    .option("--repeat <times>", "run each this many times, and compare the outages", wholeNumber(1000), 1)
    .addOption(serviceOption())
    .addOption(reportOption())
    .action(async (given: string[], { stack, json, repeat, service: named, report, all }: RunOptions) => {
      if (given.length === 0 && !all)
        throw new CliError(
          "name a scenario or use --all; `lvs-lab scenario list` lists them",
          exitStatus.configuration,
        );
      const runs: ReportedRun[] = [];
      const summaries: (Repeated & { scenario: string })[] = [];
      await holdingStack(stack, async () => {
        const live = await liveLab(stack);
        const service = serviceOf(live.lab, named);
        const names = all ? [...new Set([...given, ...(await fittingScenarios(live.lab, service))])] : given;
        for (const name of names) {
          const results: RunResult[] = [];
          for (let time = 1; time <= repeat; time++) {
            const run = await runAndReport(live, await prepareScenario(live, name, { service }), report);
            if (!json) console.log(formatReported(run));
            runs.push(run);
            results.push(run.result);
            if (run.result.interrupted !== undefined) {
              process.exitCode = exitStatus.cancelled;
              break;
            }
          }
          if (repeat > 1) {
            summaries.push({ scenario: name, ...repeated(results) });
            if (!json) console.log(formatRepeated(repeated(results)));
          }
          if (process.exitCode === exitStatus.cancelled) break;
        }
      });
      if (json)
        console.log(
          JSON.stringify(
            {
              format: "lvs-lab scenario runs",
              version: 1,
              stack,
              runs: runs.map(({ result: { series: _, ...result }, paths }) => ({ ...result, report: paths })),
              repeated: summaries,
            },
            null,
            2,
          ),
        );
      if (runs.some(({ result }) => !result.passed)) process.exitCode ??= exitStatus.failed;
    });
};

interface RunOptions extends JsonOptions {
  readonly repeat: number;
  readonly service?: string;
  readonly report: string;
  readonly all?: boolean;
}

/** The shipped scenarios that fit the lab's control mode, and whose requirements a service of it meets. */
async function fittingScenarios(lab: Lab, service: VirtualService): Promise<string[]> {
  const read = async (name: string) => await readScenario(await findScenario(name), { faults });
  const all = await Promise.all((await scenarioNames()).map(read));
  return all
    .filter(({ controls }) => controls.includes(lab.control))
    .filter(({ requires }) => unmetRequirements(requires, lab, service).length === 0)
    .map(({ name }) => name);
}

/** A run and its report's paths. */
interface ReportedRun {
  readonly result: RunResult;
  readonly paths: ReportPaths;
}

/** Runs one scenario, prints progress on stderr, and writes its report to a new directory below `directory`. */
export async function runAndReport(live: LiveLab, scenario: ResolvedScenario, directory: string): Promise<ReportedRun> {
  const stamp = new Date().toISOString().replace(/[:.]/g, "-").slice(0, 19);
  const own = join(directory, `${stamp}-${live.stack}-${scenario.name}`);
  await mkdir(own, { recursive: true });
  console.error(`${scenario.title} (${scenario.name}, ${scenario.steps.length} steps)`);
  const result = await runScenario(live, scenario, {
    captureFile: join(own, "capture.pcap"),
    onProgress: (message) => console.error(`  ${message}`),
    onStep: ({ ok, seen }) => console.error(`  ${ok ? "✓" : "✗"} ${seen ?? "done"}`),
  });
  return { result, paths: await writeReport(own, result) };
}

/** Formats a run for a terminal. */
export const formatReported = ({ result, paths }: ReportedRun): string =>
  `${formatRun(result, { colour: process.stdout.isTTY ?? false })}\n${reportLine(paths)}\n`;

/** The line that names the full report. */
export const reportLine = ({ html }: ReportPaths): string => `  report    ${relative(process.cwd(), html)}`;

async function shipped(name: string) {
  const { title, description, controls } = await readScenario(await findScenario(name), { faults });
  return { name, title, description, controls };
}

function formatRepeated({ runs, passed, windows }: Repeated): string {
  return [
    `${passed} of ${runs} runs passed; longest outage of each window:`,
    ...windows.map(
      ({ title, medianMs, worstMs, spreadMs, promise }) =>
        `  ${title.padEnd(36)} median ${ms(medianMs).padStart(8)}, worst ${ms(worstMs).padStart(8)}, spread ${ms(spreadMs).padStart(8)}` +
        (promise ? `; promised ${ms(promise.minimumMs)} to ${ms(promise.maximumMs)}` : ""),
    ),
  ].join("\n");
}
