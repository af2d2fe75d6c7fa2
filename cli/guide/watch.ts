import { setTimeout as delay } from "node:timers/promises";
import { costOf, tierTitles } from "../../class/guide/hints.ts";
import { isNews, noProgress, type Progress, TIERS, tierOf, withHint, withLook } from "../../class/guide/progress.ts";
import type { ProgressFile } from "../../class/guide/progress-file.ts";
import { screenOf, shownStep } from "../../class/guide/screen.ts";
import { type GuideState, inPoints, type Mark, markOf, stepLine, sumOf } from "../../class/guide/state.ts";
import type { Judgement, Step } from "../../class/guide/step.ts";
import type { Out } from "../class/board.ts";
import { keysIn } from "./keys.ts";

/** Where keys come from: a terminal. */
export interface Keyboard {
  readonly isTTY?: boolean;
  setRawMode?(on: boolean): unknown;
  on(event: "data", listener: (chunk: Buffer | string) => void): unknown;
  off(event: "data", listener: (chunk: Buffer | string) => void): unknown;
  resume(): unknown;
  pause(): unknown;
}

export interface GuideRun {
  readonly stack: string;
  readonly lab: string;
  readonly steps: readonly Step[];
  readonly hintCost: number;
  readonly file: ProgressFile;
  /** Looks at the lab once. */
  readonly look: (progress: Progress) => Promise<ReadonlyMap<string, Judgement>>;
}

export interface WatchOptions {
  readonly signal: AbortSignal;
  /** Pause between two looks, in milliseconds. */
  readonly everyMs: number;
  /** A terminal is redrawn; anything else gets a line for each mark that changes. */
  readonly out: Out;
  /** Not there: no keys. */
  readonly keyboard?: Keyboard | undefined;
  /** Whether the terminal has colours. */
  readonly colours?: boolean;
}

/** Looks once, and records what is new. */
export async function lookOnce(run: GuideRun, known?: Progress): Promise<GuideState> {
  const before = known ?? (await run.file.read());
  const judged = await run.look(before);
  const progress = isNews(before, judged) ? await run.file.change((now) => withLook(now, judged, new Date())) : before;
  return { ...run, judged, progress };
}

/** Cursor to the top left, and clear below: ECMA-48, CUP and ED. */
const REDRAW = "\u001b[H\u001b[J";
/** The whole screen: ED. */
const CLEAR = "\u001b[2J";

/** The guide beside the work: looks until the signal, or `q`. @returns the last state; undefined if there was no look */
export async function watchGuide(run: GuideRun, options: WatchOptions): Promise<GuideState | undefined> {
  const watching = new Watching(run, options);
  return await watching.untilEnd();
}

class Watching {
  readonly #run: GuideRun;
  readonly #options: WatchOptions;
  readonly #left = new AbortController();
  #state: GuideState;
  #looked: Date | undefined;
  #chosen: string | undefined;
  #notice: string | undefined;
  /** The hint whose price is to be confirmed. */
  #asked: { readonly step: string; readonly tier: number; readonly cost: number } | undefined;

  constructor(run: GuideRun, options: WatchOptions) {
    this.#run = run;
    this.#options = options;
    this.#state = { ...run, judged: new Map(), progress: noProgress(run.lab) };
  }

  async untilEnd(): Promise<GuideState | undefined> {
    const { out, keyboard, signal, everyMs } = this.#options;
    const leave = (): void => this.#left.abort();
    signal.addEventListener("abort", leave);
    if (signal.aborted) leave();
    const onData = (chunk: Buffer | string): void => void this.#keys(chunk.toString());
    const onResize = (): void => this.#draw();
    if (out.isTTY) out.write(CLEAR);
    if (keyboard?.isTTY) {
      keyboard.setRawMode?.(true);
      keyboard.on("data", onData);
      keyboard.resume();
    }
    process.on("SIGWINCH", onResize);
    const ended = new Promise<undefined>((resolve) =>
      this.#left.signal.addEventListener("abort", () => resolve(undefined)),
    );
    try {
      this.#state = { ...this.#state, progress: await this.#run.file.read() };
      this.#notice = "looking …";
      this.#draw();
      while (!this.#left.signal.aborted) {
        const next = await Promise.race([this.#look(), ended]);
        if (!next) break;
        this.#show(next);
        await delay(everyMs, undefined, { signal: this.#left.signal }).catch(() => {});
      }
    } finally {
      signal.removeEventListener("abort", leave);
      process.off("SIGWINCH", onResize);
      if (keyboard?.isTTY) {
        keyboard.off("data", onData);
        keyboard.setRawMode?.(false);
        keyboard.pause();
      }
    }
    return this.#looked === undefined ? undefined : this.#state;
  }

  /** A look that begins with what another guide of the stack may have recorded. */
  async #look(): Promise<GuideState> {
    return await lookOnce(this.#run);
  }

  #show(next: GuideState): void {
    const before = this.#state;
    const first = this.#looked === undefined;
    // A hint may have been taken while the lab was looked at.
    const { progress } = before.progress.hints.length > next.progress.hints.length ? before : next;
    this.#state = { ...next, progress: { ...next.progress, hints: progress.hints } };
    this.#looked = new Date();
    if (first) this.#notice = undefined;
    const changed = this.#state.steps.filter((step) => first || markOf(before, step) !== markOf(this.#state, step));
    if (!this.#options.out.isTTY) {
      for (const step of changed)
        this.#options.out.write(`${this.#looked.toISOString()} ${stepLine(this.#state, step)}\n`);
      return;
    }
    const words: Partial<Record<Mark, string>> = { reached: "is reached", broken: "no longer holds" };
    const told = first
      ? []
      : changed.flatMap((step) => {
          const word = words[markOf(this.#state, step)];
          return word ? [`${step.id} ${word}.`] : [];
        });
    if (told.length > 0 && !this.#asked) this.#notice = told.join(" ");
    // The next step comes by itself.
    if (changed.some(({ id }) => id === this.#chosen) && !first) this.#chosen = undefined;
    this.#draw();
  }

  #draw(): void {
    const { out, colours = false } = this.#options;
    if (!out.isTTY) return;
    const { columns = 80, rows = 24 } = out;
    const lines = screenOf(this.#state, {
      ...{ columns, rows, colours, chosen: this.#chosen, notice: this.#notice },
      ...(this.#looked ? { at: this.#looked } : {}),
    });
    out.write(`${REDRAW}${lines.join("\n")}\n`);
  }

  async #keys(text: string): Promise<void> {
    for (const key of keysIn(text)) {
      if (key === "quit") return this.#left.abort();
      if (this.#asked) await this.#confirmed(key === "yes");
      else if (key === "hint") await this.#hint();
      else if (key === "up" || key === "down") this.#choose(key === "up" ? -1 : 1);
    }
    this.#draw();
  }

  #choose(by: number): void {
    const { steps } = this.#state;
    const shown = shownStep(this.#state, this.#chosen);
    const at = steps.findIndex(({ id }) => id === shown?.id);
    this.#chosen = steps[Math.max(0, Math.min(steps.length - 1, at + by))]?.id;
    this.#notice = undefined;
  }

  async #hint(): Promise<void> {
    const step = shownStep(this.#state, this.#chosen);
    if (!step) return;
    const tier = tierOf(this.#state.progress, step.id) + 1;
    if (tier > TIERS) {
      this.#notice = "These are all hints of this step.";
      return;
    }
    // What was asked for stays in sight, also if the step is reached meanwhile.
    this.#chosen = step.id;
    const cost = costOf(step, tier, this.#run.hintCost);
    if (cost === 0) return await this.#take(step.id, tier, cost);
    this.#asked = { step: step.id, tier, cost };
    this.#notice = `${tierTitles[tier - 1]} of ${step.id} costs ${inPoints(cost)}. Take it? y yes, any other key no`;
  }

  async #confirmed(yes: boolean): Promise<void> {
    const asked = this.#asked;
    this.#asked = undefined;
    this.#notice = undefined;
    if (asked && yes) await this.#take(asked.step, asked.tier, asked.cost);
  }

  async #take(step: string, tier: number, cost: number): Promise<void> {
    this.#notice = undefined;
    try {
      const progress = await this.#run.file.change((now) => withHint(now, { step, tier, cost }, new Date()));
      this.#state = { ...this.#state, progress };
    } catch (error) {
      this.#notice = (error as Error).message;
    }
  }
}

/** The last words of a guide that was left. */
export const farewell = (state: GuideState): string => `${state.stack}: ${sumOf(state)}`;
