// @ts-check

/** Share of the work done from which a speed estimate is useful. */
const WORTH_TELLING = 0.02;

/**
 * Estimates the remaining time of some work from this machine's speed in the latter half of the elapsed time, because the machine's load
 * changes. A falling share starts a new piece of work.
 * @returns {{ reached: (share: number) => void, left: () => number | undefined }} `left`: in ms; undefined before a speed is known, and
 * once the estimate has passed
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
