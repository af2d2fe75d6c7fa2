// @ts-check
import { appendFileSync, writeFileSync } from "node:fs";

/**
 * Input of a running step. `log`: file for its full output; `signal`: aborted when the user interrupts; `progress`: reports the current
 * work in a few words and, if known, the share done, from 0 to 1.
 * @typedef {{ log: string, signal: AbortSignal, progress: (text: string, share?: number) => void }} StepContext
 */

/**
 * A step of the set-up. `needs`: names of the steps whose result it uses; `takes`: expected duration, for messages; `isDone`: whether there
 * is nothing to do, determined in a few ms.
 * @typedef {{ name: string, needs: string[], does: string, takes: string, isDone: () => boolean,
 *   run: (context: StepContext) => Promise<void> }} Step
 */

/**
 * Receives events of steps. `failed` may come for several: independent steps continue.
 * @typedef {{ started: (step: Step) => void, progress: (step: Step, text: string, share?: number) => void,
 *   finished: (step: Step) => void, failed: (step: Step, error: unknown) => void }} Reporter
 */

/**
 * Runs the steps that are not done, in parallel, each as soon as its needs are done. After a failure, skips the steps that need the failed
 * one and finishes the others.
 * @param {Step[]} steps
 * @param {{ reporter: Reporter, signal: AbortSignal, logOf: (step: Step) => string }} options
 * @returns {Promise<{ ran: number, failed: number }>}
 * @throws {Error} when a step needs a missing step or, indirectly, itself
 */
export const runSteps = async (steps, { reporter, signal, logOf }) => {
  assertOrder(steps);
  let ran = 0;
  let failed = 0;
  /** @type {Map<string, Promise<boolean>>} whether each step is done */
  const results = new Map();

  /** @param {Step} step @returns {Promise<boolean>} */
  const bringAbout = async (step) => {
    const stand = await Promise.all(step.needs.map((name) => results.get(name)));
    if (stand.includes(false) || signal.aborted) return false;
    const log = logOf(step);
    try {
      if (step.isDone()) return true;
      ran += 1;
      writeFileSync(log, "");
      reporter.started(step);
      await step.run({ log, signal, progress: (text, share) => reporter.progress(step, text, share) });
      reporter.finished(step);
      return true;
    } catch (error) {
      failed += 1;
      if (error instanceof Error && error.stack) appendFileSync(log, `${error.stack}\n`);
      reporter.failed(step, error);
      return false;
    }
  };
  for (const step of steps) results.set(step.name, bringAbout(step));
  await Promise.all(results.values());
  signal.throwIfAborted();
  return { ran, failed };
};

/**
 * Every step may need only earlier steps, which also excludes cycles.
 * @param {Step[]} steps
 */
export const assertOrder = (steps) => {
  const known = new Set();
  for (const { name, needs } of steps) {
    const missing = needs.find((need) => !known.has(need));
    if (missing) throw new Error(`set-up step "${name}" needs "${missing}", which is not an earlier step`);
    known.add(name);
  }
};
