// @ts-check
import { appendFileSync, writeFileSync } from "node:fs";

/**
 * What a running step is given. `log`: the file for its full output; `signal`: aborted when the user interrupts;
 * `progress`: tells what it is at, in a few words, and where the total is known the share of its work that is done, from 0 to 1.
 * @typedef {{ log: string, signal: AbortSignal, progress: (text: string, share?: number) => void }} StepContext
 */

/**
 * One step of the set-up. `needs`: names of the steps whose result it uses; `takes`: how long it may take, for people;
 * `isDone`: whether there is nothing to do, found out in some ms.
 * @typedef {{ name: string, needs: string[], does: string, takes: string, isDone: () => boolean,
 *   run: (context: StepContext) => Promise<void> }} Step
 */

/**
 * What is told about steps as they go. `failed` may be told of several, for steps that do not need each other go on.
 * @typedef {{ started: (step: Step) => void, progress: (step: Step, text: string, share?: number) => void,
 *   finished: (step: Step) => void, failed: (step: Step, error: unknown) => void }} Reporter
 */

/**
 * Runs the steps that are not done, each as soon as those it needs are through, and side by side otherwise.
 * After a failure, the steps that need the failed one are left out and the others are seen through: what they make stands.
 * @param {Step[]} steps
 * @param {{ reporter: Reporter, signal: AbortSignal, logOf: (step: Step) => string }} options
 * @returns {Promise<{ ran: number, failed: number }>}
 * @throws {Error} when a step needs one that does not exist, or itself by way of others
 */
export const runSteps = async (steps, { reporter, signal, logOf }) => {
  assertOrder(steps);
  let ran = 0;
  let failed = 0;
  /** @type {Map<string, Promise<boolean>>} whether each step stands */
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
 * Every step may need only steps before it, which also keeps circles out.
 * @param {Step[]} steps
 */
export const assertOrder = (steps) => {
  const known = new Set();
  for (const { name, needs } of steps) {
    const missing = needs.find((need) => !known.has(need));
    if (missing) throw new Error(`set-up step "${name}" needs "${missing}", which does not come before it`);
    known.add(name);
  }
};
