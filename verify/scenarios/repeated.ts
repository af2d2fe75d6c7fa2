import type { OutagePromise, RunResult } from "../report/result.ts";

/** Several runs of one scenario, compared window by window. */
export interface Repeated {
  readonly runs: number;
  readonly passed: number;
  readonly windows: readonly RepeatedWindow[];
}

interface RepeatedWindow {
  readonly step: number;
  readonly title: string;
  /** The longest outage of this window in each run, in milliseconds and in the order of the runs; 0: none. */
  readonly outagesMs: readonly number[];
  readonly medianMs: number;
  readonly worstMs: number;
  /** The worst minus the best. */
  readonly spreadMs: number;
  readonly promise?: OutagePromise;
}

/** Compares runs of one scenario. A window that only some runs reached counts in those. */
export function repeated(results: readonly RunResult[]): Repeated {
  const steps = [...new Set(results.flatMap(({ windows }) => windows.map(({ step }) => step)))].sort((a, b) => a - b);
  return {
    runs: results.length,
    passed: results.filter(({ passed }) => passed).length,
    windows: steps.map((step) => {
      const windows = results.flatMap((result) => result.windows.filter((one) => one.step === step));
      const outagesMs = windows.map(({ outage }) => outage.longest?.ms ?? 0);
      const sorted = outagesMs.toSorted((a, b) => a - b);
      const worstMs = sorted.at(-1) ?? 0;
      const { title = "", promise } = windows[0] ?? {};
      return {
        step,
        title,
        outagesMs,
        medianMs: median(sorted),
        worstMs,
        spreadMs: worstMs - (sorted[0] ?? 0),
        ...(promise ? { promise } : {}),
      };
    }),
  };
}

/** The mean of the two middle values if their number is even. */
function median(sorted: readonly number[]): number {
  const half = Math.floor(sorted.length / 2);
  const upper = sorted[half] ?? 0;
  return sorted.length % 2 === 1 ? upper : ((sorted[half - 1] ?? 0) + upper) / 2;
}
