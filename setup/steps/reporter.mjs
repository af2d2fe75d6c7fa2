// @ts-check
import { SetupError } from "./setup-error.mjs";
import { createTimeLeft } from "./time-left.mjs";

/** Interval in ms of progress lines where there are no live lines. */
const HEARTBEAT_MS = 20_000;
/** Refresh interval in ms of a terminal's live lines. */
const LIVE_MS = 250;
const BAR_WIDTH = 20;

/**
 * A running step. `since`: on the clock of `performance`; `share`: share of the work done, if known.
 * @typedef {{ since: number, text: string, share: number | undefined, time: ReturnType<typeof createTimeLeft> }} State
 */

/**
 * Reports steps: a line at the start and one at the end. Between them, a line with progress: redrawn on a terminal, elsewhere repeated
 * every 20 seconds.
 * @param {NodeJS.WriteStream} [stream]
 * @returns {import("./run-steps.mjs").Reporter & { close: () => void }}
 */
export const createReporter = (stream = process.stderr) => {
  /** @type {Map<import("./run-steps.mjs").Step, State>} */
  const running = new Map();
  /** Number of live lines above the cursor. */
  let drawn = 0;
  /** Replaces the live lines, if any. @param {string[]} lines permanent lines @param {string[]} live */
  const draw = (lines, live) => {
    const clear = drawn > 0 ? `\x1b[${drawn}A\x1b[J` : "";
    stream.write(clear + [...lines, ...live].map((line) => `${line}\n`).join(""));
    drawn = live.length;
  };
  const say = (/** @type {string} */ text) => draw([text], []);
  const tick = () => {
    const states = [...running].map(([{ name }, state]) => describe(name, state));
    // A longer line would wrap and break the line count.
    if (stream.isTTY)
      draw(
        [],
        states.map((state) => state.slice(0, stream.columns - 1)),
      );
    else for (const state of states) say(`… ${state}`);
  };
  const timer = setInterval(tick, stream.isTTY ? LIVE_MS : HEARTBEAT_MS);

  return {
    started: (step) => {
      running.set(step, { since: performance.now(), text: "", share: undefined, time: createTimeLeft() });
      say(`→ ${step.name}: ${step.does} (${step.takes})`);
    },
    progress: (step, text, share) => {
      const state = running.get(step);
      if (!state) return;
      Object.assign(state, { text, share });
      if (share !== undefined) state.time.reached(share);
    },
    finished: (step) => {
      say(`✓ ${step.name} in ${inWords(performance.now() - (running.get(step)?.since ?? performance.now()))}`);
      running.delete(step);
    },
    failed: (step, error) => {
      running.delete(step);
      if (error instanceof Error && error.name === "AbortError") return;
      // A SetupError explains itself; any other error is a bug and needs its stack trace.
      const text = error instanceof SetupError ? error.message : error instanceof Error ? error.stack : String(error);
      say(`✗ ${step.name}: ${text}`);
    },
    close: () => {
      clearInterval(timer);
      draw([], []);
    },
  };
};

/** @param {string} name @param {State} state @returns {string} for example "npm packages 4 s [████░░░░░░] 40 %, 6 s left: 122 of 302 packages" */
const describe = (name, { since, text, share, time }) => {
  const left = share === undefined ? undefined : time.left();
  return [
    `${name} ${inWords(performance.now() - since)}`,
    ...(share === undefined ? [] : [` ${bar(share)}`]),
    ...(left === undefined ? [] : [`, ${inWords(left)} left`]),
    ...(text ? [`: ${text}`] : []),
  ].join("");
};

/** @param {number} share @returns {string} */
const bar = (share) => {
  const full = Math.floor(share * BAR_WIDTH);
  return `[${"█".repeat(full)}${"░".repeat(BAR_WIDTH - full)}] ${Math.floor(share * 100)} %`;
};

/** @param {number} ms @returns {string} for example "4 s" or "3 min 05 s" */
export const inWords = (ms) => {
  const seconds = Math.round(ms / 1000);
  if (seconds < 60) return `${seconds} s`;
  return `${Math.floor(seconds / 60)} min ${String(seconds % 60).padStart(2, "0")} s`;
};
