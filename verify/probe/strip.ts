import type { ProbedRequest } from "./records.ts";

const LEVELS = "▁▂▃▄▅▆▇█";

/**
 * Draws service over time as one line, a character for every `binMs`: `█` if all requests that were started then were answered, `▁` if none
 * was, levels in between for their share, and a blank if none was started.
 */
export function strip(
  requests: readonly ProbedRequest[],
  { from, to, binMs }: { from: number; to: number; binMs: number },
): string {
  const bins = Array.from({ length: Math.max(0, Math.ceil((to - from) / binMs)) }, () => ({ all: 0, answered: 0 }));
  for (const { started, outcome } of requests) {
    const bin = bins[Math.floor((started - from) / binMs)];
    if (!bin) continue;
    bin.all += 1;
    if (outcome === "answered") bin.answered += 1;
  }
  return bins
    .map(({ all, answered }) => (all === 0 ? " " : LEVELS[Math.floor((answered / all) * (LEVELS.length - 1))]))
    .join("");
}
