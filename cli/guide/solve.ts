import { setTimeout as delay } from "node:timers/promises";
import { wasReached } from "../../class/guide/progress.ts";
import { type GuideState, judgementOf, markOf } from "../../class/guide/state.ts";
import { OWN_MACHINE, type Step, type Typed } from "../../class/guide/step.ts";
import { CliError } from "../exit-status.ts";
import { NoPromptError, type Pty } from "./pty.ts";
import { type GuideRun, lookOnce } from "./watch.ts";

/** How long things may take, in seconds. */
export interface Deadlines {
  /** For a prompt: packages are installed meanwhile. */
  readonly prompt: number;
  /** For a prompt on one's own machine, where a server may be given its power back. */
  readonly ownPrompt: number;
  /** From the last command of a step until its mark is green. */
  readonly mark: number;
}

export interface SolveOptions {
  /** Opens a shell at a pseudo-terminal where something is typed. */
  readonly open: (place: string) => Promise<Pty>;
  readonly deadlines: Deadlines;
  readonly say: (line: string) => void;
  readonly signal: AbortSignal;
  /** Only this step. */
  readonly only?: string | undefined;
  /** Pause between two looks; for tests. */
  readonly everyMs?: number;
}

/**
 * Types each step's solution through a terminal, as a student would, and waits until its mark is green.
 * @throws CliError of the first step that is not green in time, or of a command that fails
 */
export async function solve(run: GuideRun, options: SolveOptions): Promise<GuideState> {
  const solver = new Solver(run, options);
  try {
    return await solver.all();
  } finally {
    await solver.end();
  }
}

class Solver {
  readonly #run: GuideRun;
  readonly #options: SolveOptions;
  readonly #shells = new Map<string, Pty>();

  constructor(run: GuideRun, options: SolveOptions) {
    this.#run = run;
    this.#options = options;
  }

  async all(): Promise<GuideState> {
    const { steps } = this.#run;
    const { only, say } = this.#options;
    let state = await this.#look();
    for (const step of steps.filter(({ id }) => only === undefined || id === only))
      state = await this.#step(step, state);
    // An edge breaks what it takes back.
    const levels = steps.filter(({ id, kind }) => kind === "level" && (only === undefined || id === only));
    state = await this.#until(state, levels, () => "the levels hold again");
    say(`✓ ${only === undefined ? "all steps" : only}`);
    return state;
  }

  async end(): Promise<void> {
    for (const shell of this.#shells.values()) await shell.close().catch(() => {});
  }

  async #step(step: Step, before: GuideState): Promise<GuideState> {
    const { say } = this.#options;
    const begin = performance.now();
    const already = markOf(before, step) === "reached";
    say(`> ${step.id} (${step.hosts.join(", ")}): ${step.title}`);
    if (already) say(`  It is reached before anything is typed.`);
    let state = before;
    if (step.again) state = await this.#again(step, state);
    else {
      for (const typed of step.solution) await this.#type(step, typed);
      state = await this.#until(state, [step], () => `${step.id} is reached`);
    }
    say(`✓ ${step.id} after ${((performance.now() - begin) / 1000).toFixed(1)} s`);
    for (const typed of step.undo) await this.#type(step, typed);
    return state;
  }

  /** Types what chance decides until it is seen. */
  async #again(step: Step, before: GuideState): Promise<GuideState> {
    const deadline = this.#deadline();
    for (let state = before; ; ) {
      for (const typed of step.solution) await this.#type(step, typed);
      state = await this.#look();
      if (this.#isReached(state, step)) return state;
      if (Date.now() > deadline) throw this.#late(step, state);
    }
  }

  /** Looks until steps are reached. */
  async #until(before: GuideState, steps: readonly Step[], what: () => string): Promise<GuideState> {
    const deadline = this.#deadline();
    for (let state = before; ; ) {
      state = await this.#look();
      const open = steps.find((step) => !this.#isReached(state, step));
      if (!open) return state;
      if (Date.now() > deadline) throw this.#late(open, state, what());
      await delay(this.#options.everyMs ?? 1000, undefined, { signal: this.#options.signal });
    }
  }

  #deadline(): number {
    return Date.now() + this.#options.deadlines.mark * 1000;
  }

  /** Whether a step's mark is green. */
  #isReached(state: GuideState, step: Step): boolean {
    return markOf(state, step) === "reached" && (step.kind === "level" || wasReached(state.progress, step.id));
  }

  async #look(): Promise<GuideState> {
    this.#options.signal.throwIfAborted();
    return await lookOnce(this.#run);
  }

  async #type(step: Step, { on, commands, looks }: Typed): Promise<void> {
    const { deadlines, say, open, signal } = this.#options;
    const seconds = on === OWN_MACHINE ? deadlines.ownPrompt : deadlines.prompt;
    for (const command of commands) {
      signal.throwIfAborted();
      say(`  ${on === OWN_MACHINE ? "$" : `${on}#`} ${command.split("\n").join("\n    ")}`);
      try {
        // A server that was off has no shell any more.
        const shell = await this.#shell(on, open);
        const { status, shown } = await shell.type(command, seconds);
        if (status !== 0 && !looks)
          throw new CliError(
            `${step.id}: on ${on}, \`${command.split("\n")[0]}\` ended with status ${status}:\n${shown.trimEnd()}\nFix: see what it says; \`npx lvs-lab ssh -s ${this.#run.stack} ${on}\` is the same shell`,
          );
      } catch (error) {
        if (!(error instanceof NoPromptError)) throw error;
        throw new CliError(`${step.id}: on ${on}, ${error.message}`, undefined, { cause: error });
      }
    }
  }

  async #shell(on: string, open: SolveOptions["open"]): Promise<Pty> {
    const known = this.#shells.get(on);
    if (known && !known.ended) return known;
    const shell = await open(on);
    this.#shells.set(on, shell);
    return shell;
  }

  #late(step: Step, state: GuideState, what = `${step.id} is reached`): CliError {
    const { seen, wrong } = judgementOf(state, step);
    return new CliError(
      `within ${this.#options.deadlines.mark} s it was not so that ${what}: ${step.id}: ${[`${seen}.`, ...wrong].join(" ")} Fix: \`npx lvs-lab guide -s ${this.#run.stack}\` shows the step and its hints`,
    );
  }
}
