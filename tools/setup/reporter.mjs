// @ts-check
import { SetupError } from "./setup-error.mjs";

/** How often a line tells, where there is no live line, that a step is still at it, in ms. */
const HEARTBEAT_MS = 20_000;
/** How often the live line of a terminal is renewed, in ms. */
const LIVE_MS = 250;

/**
 * Tells about the steps: a line when one starts and one when it ends, and in between, on a terminal, a live line
 * for all that run; elsewhere a line for each every 20 seconds.
 * @param {NodeJS.WriteStream} [stream]
 * @returns {import("./run-steps.mjs").Reporter & { close: () => void }}
 */
export const createReporter = (stream = process.stderr) => {
  /** @type {Map<import("./run-steps.mjs").Step, { since: number, text: string }>} */
  const running = new Map();
  const clearLive = () => stream.isTTY && stream.write("\r\x1b[2K");
  const say = (/** @type {string} */ text) => {
    clearLive();
    stream.write(`${text}\n`);
  };
  const states = () =>
    [...running].map(([step, { since, text }]) => `${step.name} ${elapsed(since)}${text ? `: ${text}` : ""}`);
  const tick = () => {
    if (running.size === 0) return;
    if (stream.isTTY)
      stream.write(
        `\r\x1b[2K${states()
          .join(" | ")
          .slice(0, stream.columns - 1)}`,
      );
    else for (const state of states()) say(`… ${state}`);
  };
  const timer = setInterval(tick, stream.isTTY ? LIVE_MS : HEARTBEAT_MS);

  return {
    started: (step) => {
      running.set(step, { since: performance.now(), text: "" });
      say(`→ ${step.name}: ${step.does} (${step.takes})`);
    },
    progress: (step, text) => {
      const state = running.get(step);
      if (state) state.text = text;
    },
    finished: (step) => {
      say(`✓ ${step.name} in ${elapsed(running.get(step)?.since ?? performance.now())}`);
      running.delete(step);
    },
    failed: (step, error) => {
      running.delete(step);
      if (error instanceof Error && error.name === "AbortError") return;
      // A SetupError explains itself; anything else is a bug, whose trace helps.
      const text = error instanceof SetupError ? error.message : error instanceof Error ? error.stack : String(error);
      say(`✗ ${step.name}: ${text}`);
    },
    close: () => {
      clearInterval(timer);
      clearLive();
    },
  };
};

/** @param {number} since on the clock of `performance`, which nobody sets @returns {string} for example "4 s" or "3 min 05 s" */
export const elapsed = (since) => {
  const seconds = Math.round((performance.now() - since) / 1000);
  if (seconds < 60) return `${seconds} s`;
  return `${Math.floor(seconds / 60)} min ${String(seconds % 60).padStart(2, "0")} s`;
};
