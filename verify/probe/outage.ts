import type { ProbedRequest } from "./records.ts";

/** A connection that takes longer than this needed a retransmitted SYN: see `delayed` in records.ts. */
const RETRANSMITTED_AFTER_MS = 900;

/** The probe's lateness counts towards a stretch's error within this distance of its ends. */
const NEIGHBOURHOOD_MS = 250;

/**
 * When a request counts as served:
 * - `connection`: its *first* SYN was answered. A retransmitted SYN succeeds 1 s or 3 s later, so counting failures alone would miss the end
 *   of every outage, by about the timeout.
 * - `answer`: a page came. For a service that accepts connections but does not answer, which TCP does not see as an outage.
 */
type Level = "connection" | "answer";

/** Requests by outcome. */
interface Counts {
  readonly total: number;
  readonly answered: number;
  readonly delayed: number;
  readonly failed: number;
  /** Requests with a page, by the text of the page. */
  readonly bodies: Readonly<Record<string, number>>;
  /** Failed requests, by their error. */
  readonly errors: Readonly<Record<string, number>>;
}

/** A time without service. Milliseconds, `from` and `to` on the probe's clock. */
interface Stretch {
  /** Start of the first request that was not served. If it is the probe's first request, the stretch may have begun earlier. */
  readonly from: number;
  /** When a later request was served: it was connected, or had its page. Null: not before the probe ended. */
  readonly to: number | null;
  /** Length; up to the last event that the probe saw if `to` is null. */
  readonly ms: number;
  /**
   * Error of `ms`, in both directions: the larger of the gaps between requests at its two ends, plus the lateness of the probe itself around
   * them (a process that starts late also sends and sees late).
   */
  readonly errorMs: number;
  /** Requests in the stretch that were not served. */
  readonly requests: number;
}

export interface Outage {
  /** The longest stretch; null if every request was served. */
  readonly longest: Stretch | null;
  /** Requests outside the longest stretch that were not served. */
  readonly elsewhere: number;
  /** The longest time that an `answered` request took to connect. It shows a stall in which packets waited and none was lost. */
  readonly slowestConnectMs: number;
  readonly counts: Counts;
}

/**
 * Measures the outage in a series of requests: the longest stretch without a served one.
 *
 * A stretch lies between signs of service. It begins with the start of the first request that was not served, and ends when one of the requests
 * after its last one is served. The start of that request does not count: a SYN may wait for ARP in the client's own queue and be answered much
 * later without a loss. A request that was under way when the service died belongs to the stretch only if it was not served yet. Failures
 * with service in between are separate stretches.
 *
 * @param requests in the order of the schedule
 * @param since leaves out stretches and requests that ended before this moment (ms, probe's clock)
 */
export function outageOf(
  requests: readonly ProbedRequest[],
  { since = 0, level = "connection" }: { since?: number; level?: Level } = {},
): Outage {
  const stretches = stretchesOf(requests, level).filter(({ to }) => to === null || to >= since);
  const longest = stretches.reduce<Stretch | null>((best, one) => (best && best.ms >= one.ms ? best : one), null);
  const counted = requests.filter(({ ended }) => ended >= since);
  return {
    longest,
    elsewhere: stretches.reduce((sum, one) => sum + one.requests, 0) - (longest?.requests ?? 0),
    slowestConnectMs: round(
      counted.reduce((worst, one) => (one.outcome === "answered" ? Math.max(worst, connectTime(one)) : worst), 0),
    ),
    counts: countsOf(counted),
  };
}

/** All stretches without service, in chronological order. */
function stretchesOf(requests: readonly ProbedRequest[], level: Level): Stretch[] {
  const seenUntil = requests.reduce((latest, { ended }) => Math.max(latest, ended), 0);
  const found: Stretch[] = [];
  // Backwards: at each request, the first sign of service among all later ones is known.
  let end: { at: number; index: number } | undefined;
  let lost: { first: number; count: number; end: typeof end } | undefined;
  const close = () => {
    if (!lost) return;
    const from = requests[lost.first]?.started ?? 0;
    const to = lost.end?.at ?? null;
    const before = requests[lost.first - 1]?.started ?? from;
    const gaps = [from - before, lost.end ? lost.end.at - startBefore(requests, lost.end) : 0];
    found.push({
      from,
      to,
      ms: round((to ?? seenUntil) - from),
      errorMs: round(Math.max(...gaps) + latenessAround(requests, from, to)),
      requests: lost.count,
    });
    lost = undefined;
  };
  for (let index = requests.length - 1; index >= 0; index -= 1) {
    const at = servedAt(requests[index] as ProbedRequest, level);
    if (at === undefined) {
      if (lost && lost.end !== end) close();
      lost = { first: index, count: (lost?.count ?? 0) + 1, end };
    } else if (!end || at < end.at) {
      end = { at, index };
    }
  }
  close();
  return found.reverse();
}

/** When the request was served; undefined if it was not. */
function servedAt(request: ProbedRequest, level: Level): number | undefined {
  if (level === "answer") return request.outcome === "answered" ? request.ended : undefined;
  return connectTime(request) < RETRANSMITTED_AFTER_MS ? (request.connected ?? undefined) : undefined;
}

const connectTime = ({ started, connected }: ProbedRequest): number =>
  connected === null ? Number.POSITIVE_INFINITY : connected - started;

/** The worst lateness of requests that were due near one of the moments, in milliseconds. */
function latenessAround(requests: readonly ProbedRequest[], ...moments: (number | null)[]): number {
  let worst = 0;
  for (const moment of moments) {
    if (moment === null) continue;
    for (let index = firstDue(requests, moment - NEIGHBOURHOOD_MS); index < requests.length; index += 1) {
      const { due, started } = requests[index] as ProbedRequest;
      if (due > moment + NEIGHBOURHOOD_MS) break;
      worst = Math.max(worst, started - due);
    }
  }
  return worst;
}

/** The index of the first request that was due at a moment or later. A binary search: there may be as many stretches as requests. */
function firstDue(requests: readonly ProbedRequest[], moment: number): number {
  let low = 0;
  let high = requests.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((requests[middle] as ProbedRequest).due < moment) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** The start of the last other request before a sign of service: service may have returned right after it. */
function startBefore(requests: readonly ProbedRequest[], sign: { at: number; index: number }): number {
  let index = sign.index;
  while ((requests[index + 1]?.started ?? Number.POSITIVE_INFINITY) < sign.at) index += 1;
  if (index === sign.index) index -= 1;
  return requests[index]?.started ?? sign.at;
}

function countsOf(requests: readonly ProbedRequest[]): Counts {
  const of = (outcome: ProbedRequest["outcome"]) => requests.filter((one) => one.outcome === outcome).length;
  return {
    total: requests.length,
    answered: of("answered"),
    delayed: of("delayed"),
    failed: of("failed"),
    bodies: tally(requests.filter(({ outcome }) => outcome !== "failed").map(({ body }) => body)),
    errors: tally(requests.flatMap(({ error }) => error ?? [])),
  };
}

function tally(words: readonly string[]): Record<string, number> {
  const counts = new Map<string, number>();
  for (const word of words) counts.set(word, (counts.get(word) ?? 0) + 1);
  return Object.fromEntries([...counts].sort(([a], [b]) => a.localeCompare(b)));
}

/** To microseconds, the resolution of the probe's clock. */
const round = (ms: number): number => Math.round(ms * 1000) / 1000;
