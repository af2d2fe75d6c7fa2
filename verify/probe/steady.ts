import type { ProbedRequest } from "./records.ts";

/** How long after it was due a request may be unreported without being called missing, in milliseconds. */
const REPORT_WITHIN_MS = 300;

/**
 * Whether every request that was due in the last `forMs` before `now` has been answered. A request that hangs is not reported yet and so counts
 * as not answered; those due in the last 300 ms are left out, for they may just be under way.
 * @param requests what has been reported so far, in the order in which they ended or were due
 */
export function isSteady(
  requests: readonly ProbedRequest[],
  { intervalMs, now, forMs }: { intervalMs: number; now: number; forMs: number },
): boolean {
  const [any] = requests;
  if (!any) return false;
  const until = now - REPORT_WITHIN_MS;
  const since = until - forMs;
  const begin = beginOf(any, intervalMs);
  const last = Math.floor((until - begin) / intervalMs);
  const first = Math.ceil((since - begin) / intervalMs);
  if (first < 0) return false;
  let answered = 0;
  for (let index = requests.length - 1; index >= 0; index -= 1) {
    const { n, ended, outcome } = requests[index] as ProbedRequest;
    // Whoever is further ahead was over even earlier, or at least due earlier: a long run costs no more than a short one.
    if (ended < since) break;
    if (n >= first && n <= last && outcome === "answered") answered += 1;
  }
  return answered === last - first + 1;
}

/**
 * Whether every request that was due up to a moment (ms, probe's clock) has ended, however it did: only then is all known of the time before.
 * @param requests what has been reported so far, in any order
 */
export function allHaveEnded(
  requests: readonly ProbedRequest[],
  { intervalMs, until }: { intervalMs: number; until: number },
): boolean {
  const [any] = requests;
  if (!any) return false;
  const last = Math.floor((until - beginOf(any, intervalMs)) / intervalMs);
  return requests.filter(({ n }) => n <= last).length === last + 1;
}

/** When the schedule began: on a run's clock not at 0. */
const beginOf = ({ due, n }: ProbedRequest, intervalMs: number): number => due - n * intervalMs;
