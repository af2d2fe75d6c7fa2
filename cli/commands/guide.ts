import { type Command, Option } from "commander";
import { filled, type OwnStep, readOwnSteps } from "../../class/guide/own-step.ts";
import { ProgressFile } from "../../class/guide/progress-file.ts";
import { hintLines } from "../../class/guide/screen.ts";
import { settingsOf } from "../../class/guide/settings.ts";
import { guideAsJson, isDone, stepLine, sumOf } from "../../class/guide/state.ts";
import type { GuideContext } from "../../class/guide/step.ts";
import { ownStepContext, stepsOf } from "../../class/guide/steps/index.ts";
import { closeConnections, patience } from "../../provision/ssh/index.ts";
import { untilSignal } from "../../verify/live/interruptible.ts";
import type { LiveLab } from "../../verify/live/live-lab.ts";
import { CliError, exitStatus } from "../exit-status.ts";
import { Looker, type OwnLooks } from "../guide/looker.ts";
import { openShell } from "../guide/shells.ts";
import { solve } from "../guide/solve.ts";
import { farewell, type GuideRun, lookOnce, watchGuide } from "../guide/watch.ts";
import { liveLabWithFile } from "../live-lab.ts";
import { type JsonOptions, jsonOption, seconds, stackOption } from "../options.ts";

interface GuideOptions extends JsonOptions {
  readonly once?: boolean;
  readonly every: number;
  readonly hints?: string;
  readonly ownStep?: string[];
  readonly solve?: boolean;
  readonly step?: string;
}

const EVERY_SECONDS = 3;

/** Seconds under KVM that a command, a level and an edge may take at most when a solution is typed; emulation takes ten times as long. */
const PROMPT_SECONDS = 120;
const MARK_SECONDS = 60;
/** `lvs-lab up`, which gives a server its power back. */
const OWN_PROMPT_SECONDS = 900;

export const guide = (program: Command): void => {
  program
    .command("guide")
    .description(
      "guide through setting a manual lab up by hand: its steps, each with a mark that turns green by itself, and hints",
    )
    .addOption(stackOption())
    .addOption(jsonOption().conflicts(["every", "hints", "solve"]))
    .addOption(
      new Option(
        "--once",
        "look once, print how far the lab is, and exit: with status 0 if all steps are reached",
      ).conflicts(["hints", "solve"]),
    )
    .addOption(
      new Option("--every <seconds>", "pause between two looks")
        .argParser(seconds)
        .default(EVERY_SECONDS)
        .conflicts(["once", "solve"]),
    )
    .addOption(
      new Option("--hints <step>", "print what a step is for and the hints of it that were taken, and exit").conflicts([
        "solve",
      ]),
    )
    .option("--own-step <file...>", "files of steps of your own: docs/guide.md")
    .option("--solve", "type each step's solution through a terminal, and wait for its mark")
    .option("--step <step>", "with --solve: only this step")
    .action(async (options: GuideOptions) => {
      if (options.step !== undefined && !options.solve)
        throw new CliError("--step is for --solve. Fix: add --solve, or leave it out", exitStatus.configuration);
      const live = await liveLabWithFile(options.stack);
      if (live.lab.setup !== "manual") throw notManual(live);
      const run = await runOf(live, options);
      if (options.hints !== undefined) await printHints(run, options.hints);
      else if (options.solve) await typeSolutions(live, run, options.step);
      else if (options.once || options.json) await once(run, options);
      else await beside(run, options);
    });
};

/** What the guide is of a lab: its steps, those of its class and of the command line, and where progress is kept. */
async function runOf(live: LiveLab, { ownStep = [] }: GuideOptions): Promise<GuideRun> {
  const { lab, stack } = live;
  const settings = await settingsOf(stack);
  const own = await readOwnSteps([...settings.steps, ...ownStep], ownStepContext(lab));
  const steps = stepsOf({ lab, stack }, own);
  const looker = new Looker(live, steps, { own: ownLooks({ lab, stack }, own) });
  return {
    ...{ stack, lab: lab.name, steps, hintCost: settings.hintCost },
    file: new ProgressFile(stack, lab.name, (line) => console.error(`lvs-lab: ${line}`)),
    look: (progress) => looker.look(progress),
  };
}

/** The commands of own steps, by the host that they run on. */
function ownLooks({ lab }: GuideContext, own: readonly OwnStep[]): OwnLooks {
  const hosts = [...new Set(own.map(({ on }) => on))];
  return new Map(
    hosts.map((host) => [
      host,
      own.filter(({ on }) => on === host).map(({ id, look }) => ({ id, command: filled(look, lab) })),
    ]),
  );
}

/** The manual labs of labs/ that are like an automatic one. */
function notManual({ stack, lab }: LiveLab): CliError {
  const forwarding = lab.services[0]?.forwarding;
  const manual =
    lab.control === "keepalived"
      ? "bare-ha"
      : forwarding === "nat"
        ? "bare-nat"
        : forwarding === "tunnel"
          ? "bare-tunnel"
          : "bare";
  return new CliError(
    `the lab of the stack "${stack}" is set up automatically: there is nothing to do by hand. Fix: \`npm run up -- -s ${manual}\`, then \`npx lvs-lab guide -s ${manual}\``,
    exitStatus.configuration,
  );
}

async function once(run: GuideRun, { json }: GuideOptions): Promise<void> {
  const state = await lookOnce(run);
  if (json) console.log(JSON.stringify(guideAsJson(state, new Date()), null, 2));
  else
    console.log([...state.steps.map((step) => stepLine(state, step)), "", `${run.stack}: ${sumOf(state)}`].join("\n"));
  if (!isDone(state)) process.exitCode = exitStatus.failed;
}

async function printHints(run: GuideRun, id: string): Promise<void> {
  const step = stepNamed(run, id);
  const progress = await run.file.read();
  const state = { ...run, judged: await run.look(progress), progress };
  console.log([`${step.title}.`, step.why, ...hintLines(state, step, Number.POSITIVE_INFINITY)].join("\n"));
}

function stepNamed({ steps }: GuideRun, id: string) {
  const step = steps.find((one) => one.id === id);
  if (step) return step;
  throw new CliError(
    `the lab has no step ${id}. Fix: choose one of ${steps.map((one) => one.id).join(", ")}`,
    exitStatus.configuration,
  );
}

async function beside(run: GuideRun, { every }: GuideOptions): Promise<void> {
  const { stdin, stdout } = process;
  const state = await watchGuide(run, {
    signal: untilSignal(),
    everyMs: every * 1000,
    out: stdout,
    keyboard: stdin.isTTY && stdout.isTTY ? stdin : undefined,
    colours: stdout.isTTY === true && !process.env.NO_COLOR,
  });
  if (state) console.log(farewell(state));
  await closeConnections();
  // A look that goes on would keep this process alive.
  process.exit(state === undefined ? exitStatus.cancelled : isDone(state) ? exitStatus.ok : exitStatus.failed);
}

async function typeSolutions(live: LiveLab, run: GuideRun, only: string | undefined): Promise<void> {
  if (only !== undefined) stepNamed(run, only);
  const prompt = patience(live, PROMPT_SECONDS);
  const signal = untilSignal();
  try {
    await solve(run, {
      open: (place) => openShell(live, place, { seconds: patience(live, 10), signal }),
      deadlines: { prompt, ownPrompt: Math.max(prompt, OWN_PROMPT_SECONDS), mark: patience(live, MARK_SECONDS) },
      say: (line) => console.log(line),
      signal,
      only,
    });
  } catch (error) {
    if (!signal.aborted) throw error;
    throw new CliError("interrupted: what was typed stays", exitStatus.cancelled, { cause: error });
  }
}
