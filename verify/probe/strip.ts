import type { ProbedRequest } from "./records.ts";

const LEVELS = "▁▂▃▄▅▆▇█";

/**
 * Service over time in one line, a character for every `binMs`: `█` all requests started then were answered, `▁` none, in between their
 * share; a blank where none was started.
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
