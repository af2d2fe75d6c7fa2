import { setTimeout as delay } from "node:timers/promises";
import { addressBeside, networkOfVip } from "../../lab/index.ts";
import { findFault, Ledger } from "../faults/ledger.ts";
import { RunClock } from "../live/clock.ts";
import { InterruptedError, interruptible, untilAborted } from "../live/interruptible.ts";
import { type LiveLab, labHost } from "../live/live-lab.ts";
import { type Evidence, View } from "../live/view.ts";
import { Probe, type ProbeResult } from "../probe/index.ts";
import type { RunResult, StepResult } from "../report/result.ts";
import { Capture, type CaptureResult, diagnose } from "../wire/index.ts";
import { Baselines } from "./baselines.ts";
import { isMeasure, kindOf } from "./expectations/index.ts";
import { lookAt, lookEveryMs } from "./look.ts";
import { markedServers } from "./marked-servers.ts";
import type { Observed, OpenWindow } from "./observed.ts";
import { resultOf } from "./result-of.ts";
import type {
  ResolvedChangeStep,
  ResolvedExpectStep,
  ResolvedFaultStep,
  ResolvedHealStep,
  ResolvedScenario,
  ResolvedStep,
  ResolvedWaitStep,
} from "./scenario.ts";

export interface RunOptions {
  /** The file for the packet capture. */
  readonly captureFile: string;
  /** Called with the current action, one short line. */
  readonly onProgress?: (message: string) => void;
  /** Called with the result of each step. */
  readonly onStep?: (step: StepResult) => void;
}

/**
 * Runs a scenario on a lab: its steps in order, with load and capture from before the first step until after the last. Stops at the first step
 * that fails, unless that step only measures: steps after a state that was not reached prove nothing.
 *
 * Heals every fault before it returns, also on SIGINT; `prepareScenario` heals what a killed run has left. Failures in the lab are part of the
 * result and are not thrown.
 * @throws Error if load or capture cannot start, or a fault cannot be healed
 */
export async function runScenario(live: LiveLab, scenario: ResolvedScenario, options: RunOptions): Promise<RunResult> {
  return await interruptible(async (signal) => await new Run(live, scenario, options, signal).all());
}

/** A running scenario. */
class Run {
  readonly #live: LiveLab;
  readonly #scenario: ResolvedScenario;
  readonly #options: RunOptions;
  readonly #signal: AbortSignal;
  readonly #ledger: Ledger;
  readonly #baselines: Baselines;
  readonly #startedAt = new Date();
  readonly #clock = new RunClock();
  readonly #steps: StepResult[] = [];
  readonly #windows: OpenWindow[] = [{ step: 0, title: "before the first fault", from: 0 }];

  constructor(live: LiveLab, scenario: ResolvedScenario, options: RunOptions, signal: AbortSignal) {
    this.#live = live;
    this.#scenario = scenario;
    this.#options = options;
    this.#signal = signal;
    this.#ledger = new Ledger(live);
    this.#baselines = new Baselines(live, markedServers(scenario));
  }

  async all(): Promise<RunResult> {
    const { load, service } = this.#scenario;
    const { lab, bridges } = this.#live;
    const network = networkOfVip(lab, service.vip).name;
    const capture = await Capture.start(labHost(this.#live), {
      clock: this.#clock,
      service,
      client: addressBeside(lab, lab.client, service.vip),
      link: bridges[network] ?? "",
      file: this.#options.captureFile,
    });
    let probe: Probe | null = null;
    let interrupted: string | undefined;
    let asked = null as ProbeResult | null;
    let captured = undefined as CaptureResult | undefined;
    try {
      probe = load && (await Probe.start(this.#live, service, { ...load, clock: this.#clock }));
      await this.#baselines.take();
      interrupted = await this.#walk(capture, probe);
    } finally {
      await inOrder([
        // Heals first, while load and capture still run: healing is part of the run.
        async () => void (await this.#ledger.healAll((message) => this.#say(message))),
        async () => {
          asked = (await probe?.stop()) ?? null;
        },
        async () => {
          captured = await capture.stop();
        },
      ]);
    }
    if (!captured) throw new Error("the capture ended without a result");
    return resultOf({
      live: this.#live,
      scenario: this.#scenario,
      startedAt: this.#startedAt,
      durationMs: this.#clock.now(),
      ...(interrupted === undefined ? {} : { interrupted }),
      steps: this.#steps,
      windows: this.#windows,
      asked,
      captured,
      diagnoses: diagnose(captured, lab, service),
    });
  }

  /** Executes the steps. @returns the signal that interrupted it, if any */
  async #walk(capture: Capture, probe: Probe | null): Promise<string | undefined> {
    for (const step of this.#scenario.steps) {
      const view = new View(this.#live);
      const from = this.#clock.now();
      const about = this.#describe(step, capture, probe);
      this.#say(`${step.n}. ${about.title}`);
      let outcome: Outcome;
      try {
        outcome = await this.#take(step, view, capture, probe);
      } catch (error) {
        if (error instanceof InterruptedError) return error.signal;
        outcome = { ok: false, seen: (error as Error).message };
      }
      const { ok, seen, hint } = outcome;
      const result: StepResult = {
        n: step.n,
        kind: step.kind,
        ...about,
        from,
        to: this.#clock.now(),
        ok,
        ...(seen === undefined ? {} : { seen }),
        ...(ok || hint === undefined ? {} : { hint }),
        evidence: lastLooks(view.evidence),
      };
      this.#steps.push(result);
      this.#options.onStep?.(result);
      if (!ok && !isMeasureAlone(step)) return undefined;
    }
    return undefined;
  }

  async #take(step: ResolvedStep, view: View, capture: Capture, probe: Probe | null): Promise<Outcome> {
    this.#signal.throwIfAborted();
    switch (step.kind) {
      case "fault":
        return await this.#fault(step, view);
      case "heal":
        return await this.#heal(step, view);
      case "wait":
        return await this.#wait(step);
      case "change":
        return await this.#change(step);
      case "expect":
        return await this.#expect(step, view, capture, probe);
    }
  }

  async #fault({ n, fault: id, places }: ResolvedFaultStep, view: View): Promise<Outcome> {
    const fault = findFault(id);
    await this.#baselines.take();
    const targets = places.map(({ target }) => target);
    const title = `${fault.title} ${targets.join(" and ")}`;
    const { parameters = {} } = places[0] ?? {};
    this.#windows.push({ step: n, title, from: this.#clock.now(), fault: { fault, targets, parameters } });
    await Promise.all(places.map(({ target, parameters }) => this.#ledger.inject(fault, target, parameters, view)));
    return { ok: true };
  }

  async #heal({ n, fault, places }: ResolvedHealStep, view: View): Promise<Outcome> {
    await this.#baselines.take();
    const title = `heal ${fault} on ${places.map(({ target }) => target).join(" and ")}`;
    this.#windows.push({ step: n, title, from: this.#clock.now() });
    await Promise.all(
      places.map(({ target, parameters }) => this.#ledger.heal({ fault, server: target, parameters }, view)),
    );
    return { ok: true };
  }

  async #change({ n, title, apply }: ResolvedChangeStep): Promise<Outcome> {
    await this.#baselines.take();
    this.#windows.push({ step: n, title, from: this.#clock.now() });
    await apply();
    return { ok: true };
  }

  async #wait({ ms }: ResolvedWaitStep): Promise<Outcome> {
    await delay(ms, undefined, { signal: this.#signal }).catch(() => this.#signal.throwIfAborted());
    return { ok: true };
  }

  async #expect(
    { expectations, withinMs, forMs }: ResolvedExpectStep,
    view: View,
    capture: Capture,
    probe: Probe | null,
  ): Promise<Outcome> {
    const observed = this.#observed(capture, probe);
    const begun = this.#clock.now();
    let holdsSince: number | undefined;
    let broken: string | undefined;
    let seen = "";
    let hint = "";
    const lookOnce = async (): Promise<void> => {
      const at = this.#clock.now();
      const look = await lookAt(expectations, observed, view);
      ({ seen, hint } = look);
      if (look.failing !== null) {
        holdsSince = undefined;
        broken = look.failing;
        throw new Error(look.failing);
      }
      holdsSince ??= at;
      const held = this.#clock.now() - holdsSince;
      const before = broken === undefined ? "" : `; before that: ${broken}`;
      if (held < forMs) throw new Error(`it has held for ${(held / 1000).toFixed(1)} s${before}`);
    };
    const waited = () => (withinMs > 0 ? ` (after ${((this.#clock.now() - begun) / 1000).toFixed(1)} s)` : "");
    const options = {
      seconds: (withinMs + forMs) / 1000,
      everyMs: lookEveryMs(expectations),
      failed: (last: unknown) => last as Error,
    };
    try {
      await untilAborted(this.#signal, lookOnce, options);
    } catch (error) {
      if (error instanceof InterruptedError) throw error;
      return { ok: false, seen: `${(error as Error).message}${waited()}`, hint };
    }
    return { ok: true, seen: `${seen}${waited()}` };
  }

  #observed(capture: Capture, probe: Probe | null): Observed {
    const { master, standby, service, instance } = this.#scenario;
    const window = this.#windows.at(-1) as OpenWindow;
    return {
      live: this.#live,
      clock: this.#clock,
      probe,
      capture,
      window,
      baselines: this.#baselines,
      service,
      instance,
      master,
      standby,
    };
  }

  /** A step in words, before its execution. */
  #describe(
    step: ResolvedStep,
    capture: Capture,
    probe: Probe | null,
  ): Pick<StepResult, "title" | "fault" | "target" | "expected"> {
    switch (step.kind) {
      case "fault": {
        const target = step.places.map((place) => place.target).join(" and ");
        return { title: `${findFault(step.fault).title} ${target}`, fault: step.fault, target };
      }
      case "heal": {
        const target = step.places.map((place) => place.target).join(" and ");
        return { title: `heal: ${findFault(step.fault).title} ${target}`, fault: step.fault, target };
      }
      case "change":
        return { title: step.title };
      case "wait":
        return { title: `wait for ${step.ms / 1000} s` };
      case "expect": {
        const observed = this.#observed(capture, probe);
        const expected = step.expectations.map((one) => kindOf(one).expected(one, observed)).join("; ");
        const within = step.withinMs > 0 ? `, within ${step.withinMs / 1000} s` : "";
        const lasting = step.forMs > 0 ? `, for ${step.forMs / 1000} s` : "";
        return { title: `${expected}${within}${lasting}`, expected };
      }
    }
  }

  #say(message: string): void {
    this.#options.onProgress?.(message);
  }
}

interface Outcome {
  readonly ok: boolean;
  readonly seen?: string;
  readonly hint?: string;
}

/** Whether a step only measures, so that its failure leaves the lab as the scenario wants it. */
const isMeasureAlone = (step: ResolvedStep): boolean => step.kind === "expect" && step.expectations.every(isMeasure);

/** The last run of each repeated command: the one that decided. */
function lastLooks(evidence: readonly Evidence[]): Evidence[] {
  const last = new Map(evidence.map((one) => [`${one.where} ${one.command}`, one]));
  return [...last.values()];
}

/** Runs all in order, also after one fails, and throws the first error. */
async function inOrder(acts: readonly (() => Promise<void>)[]): Promise<void> {
  const errors: unknown[] = [];
  for (const act of acts) await act().catch((error: unknown) => errors.push(error));
  if (errors.length > 0) throw errors[0];
}
