import { quantiles } from "./quantiles.ts";

/** Where the probe asks: an IPv4 address and a TCP port, as seen from the client. */
export interface ProbeTarget {
  readonly address: string;
  readonly port: number;
}

export interface ProbeOptions {
  /** A request is due every so many milliseconds, however long the others take. The timers' grain is 1: less comes in bunches. */
  readonly intervalMs: number;
  /** How long a request may take. Longer than 1 s, or a request that waited for its SYN's retransmission cannot be told from a failed one. */
  readonly timeoutMs: number;
  /** How often the client's ARP entry is looked at. */
  readonly arpIntervalMs: number;
  /** How many connections are kept open beside the new ones, each with a request on it every so often. */
  readonly longLived: number;
  /** How often a connection that is kept open is asked, if it has answered the last time. */
  readonly longLivedIntervalMs: number;
}

/**
 * - `answered`: the first SYN was answered and a page came with status 200;
 * - `delayed`: so it was, but only a retransmitted SYN was answered (connecting took 900 ms or more);
 * - `failed`: no page within the timeout, or an error.
 */
type Outcome = "answered" | "delayed" | "failed";

/** One GET on a connection of its own. All times are milliseconds on the probe's clock: the run's, or one that starts with the probe. */
export interface ProbedRequest {
  /** Number in the schedule, from 0. */
  readonly n: number;
  /** When the schedule wanted it: n × interval after the first. */
  readonly due: number;
  /** When it was started: later than due by the probe's own jitter. */
  readonly started: number;
  /** When the connection stood; null if it never did. */
  readonly connected: number | null;
  readonly ended: number;
  readonly outcome: Outcome;
  /** Why it failed: `TIMEOUT`, a status such as `HTTP 503`, or the system's code (ECONNREFUSED, EHOSTUNREACH, ECONNRESET …). */
  readonly error?: string;
  /** The page's first 200 characters, trimmed: which server answered. */
  readonly body: string;
}

/** Another hardware address, or none, in the client's ARP entry. It changed between the looks at `after` and `at` (ms, probe's clock). */
export interface ArpChange {
  readonly mac: string | null;
  readonly after: number;
  readonly at: number;
}

/** How late the probe itself started its requests, in milliseconds: what of a figure may be the probe's own doing. */
export interface Jitter {
  readonly medianMs: number;
  readonly p99Ms: number;
  readonly maxMs: number;
}

/** A connection that is kept open, with a request on it every so often. */
export interface LongLivedConnection {
  readonly id: number;
  readonly opened: number;
  /** Null: open until the run ended. */
  readonly closed: number | null;
  /**
   * Why it closed before it was told to: the system's code (ECONNRESET …), TIMEOUT, or CLOSED: by the server, between two answers and
   * without having said so in the last one (`Connection: close`).
   */
  readonly error?: string;
  readonly server: string;
  /** When each answer came. */
  readonly answers: readonly number[];
}

/** All that a probe saw. */
export interface ProbeResult {
  readonly target: ProbeTarget;
  readonly options: ProbeOptions;
  /** In the order of the schedule, without gaps. */
  readonly requests: readonly ProbedRequest[];
  readonly arp: readonly ArpChange[];
  /** Those that were kept open, in the order of `opened`; `server` is the page's text. */
  readonly connections: readonly LongLivedConnection[];
  readonly jitter: Jitter;
}

/** A connection that is kept open, as far as is known while the probe runs; one that has never had an answer is not known yet. */
export interface HeldConnection extends Pick<LongLivedConnection, "id" | "opened" | "closed" | "error"> {
  /** When the last answer came on it. */
  readonly answered: number;
}

/** What the probe's process is told: `epoch` is the beginning of the clock to use (see `ProbeMessage`); without it, it begins then. */
export type ProbeOrder = ProbeTarget & ProbeOptions & { readonly epoch?: string };

/** A line that the probe's process prints. `epoch` is the beginning of its clock on CLOCK_MONOTONIC, in nanoseconds. */
export type ProbeMessage =
  | { readonly epoch: string }
  | { readonly request: ProbedRequest }
  | { readonly held: Pick<HeldConnection, "id" | "opened" | "answered"> }
  | { readonly connection: LongLivedConnection }
  | { readonly arp: ArpChange };

/** The jitter of a series of requests. */
export function jitterOf(requests: readonly ProbedRequest[]): Jitter {
  const [medianMs, p99Ms, maxMs] = quantiles(
    requests.map(({ due, started }) => started - due),
    [0.5, 0.99, 1],
  );
  return { medianMs, p99Ms, maxMs };
}
