import type { ProbedRequest } from "./records.ts";

/** A request counts as missing if it is not reported this long after it was due, in milliseconds, or later: see `isSteady`. */
const REPORT_WITHIN_MS = 300;

/** What was answered so long before tells how long an answer takes, in milliseconds. */
const TELLING_MS = 30_000;

/**
 * Whether every request that was due in the last `forMs` before `now` was answered. A hanging request is not reported yet, so it counts as not
 * answered. Requests that were due in the last 300 ms are left out: they may be under way. Where answers take longer, so are those of twice the time
 * that the slowest answer of the last 30 s took, a request's timeout at most: an emulated server that is busy needs a second for some.
 * @param requests the requests reported so far, in the order of their ends or of the schedule
 */
export function isSteady(
  requests: readonly ProbedRequest[],
  { intervalMs, timeoutMs, now, forMs }: { intervalMs: number; timeoutMs: number; now: number; forMs: number },
): boolean {
  const [any] = requests;
  if (!any) return false;
  const until = now - patience(requests, timeoutMs, now);
  const since = until - forMs;
  const begin = beginOf(any, intervalMs);
  const last = Math.floor((until - begin) / intervalMs);
  const first = Math.ceil((since - begin) / intervalMs);
  if (first < 0) return false;
  let answered = 0;
  for (let index = requests.length - 1; index >= 0; index -= 1) {
    const { n, ended, outcome } = requests[index] as ProbedRequest;
    // All earlier ones ended or were due even earlier: a long run costs no more than a short one.
    if (ended < since) break;
    if (n >= first && n <= last && outcome === "answered") answered += 1;
  }
  return answered === last - first + 1;
}

/** How long a request may be under way before it counts as missing, in milliseconds. */
function patience(requests: readonly ProbedRequest[], timeoutMs: number, now: number): number {
  let slowest = 0;
  for (let index = requests.length - 1; index >= 0; index -= 1) {
    const { due, ended, outcome } = requests[index] as ProbedRequest;
    if (ended < now - TELLING_MS) break;
    if (outcome === "answered") slowest = Math.max(slowest, ended - due);
  }
  return Math.min(timeoutMs, Math.max(REPORT_WITHIN_MS, 2 * slowest));
}

/**
 * Whether every request that was due up to a moment (ms, probe's clock) has ended, with any outcome: only then is the time before it complete.
 * @param requests the requests reported so far, in any order
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

/** The start of the schedule, which is not 0 on a run's clock. */
const beginOf = ({ due, n }: ProbedRequest, intervalMs: number): number => due - n * intervalMs;
