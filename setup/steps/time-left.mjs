// @ts-check

/** The share of the work from which on its speed is worth telling. */
const WORTH_TELLING = 0.02;

/**
 * The time that some work still takes, from this machine's speed in the latter half of the time so far: what else the machine does changes
 * meanwhile. A share that falls begins a new piece of work.
 * @returns {{ reached: (share: number) => void, left: () => number | undefined }} `left`: in ms; undefined before there
 *   is a speed, and when the time has run out
 */
export const createTimeLeft = () => {
  /** @type {{ share: number, at: number }[]} */
  let reports = [];
  return {
    reached: (share) => {
      if (share < (reports.at(-1)?.share ?? 0)) reports = [];
      reports.push({ share, at: performance.now() });
    },
    left: () => {
      const [first, last] = [reports[0], reports.at(-1)];
      if (!first || !last || last.share - first.share < WORTH_TELLING) return undefined;
      const half = (first.at + last.at) / 2;
      const from = reports.findLast(({ share, at }) => at <= half && share < last.share) ?? first;
      const atReport = ((last.at - from.at) / (last.share - from.share)) * (1 - last.share);
      const left = atReport - (performance.now() - last.at);
      return left > 0 ? left : undefined;
    },
  };
};
