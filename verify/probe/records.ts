import { quantiles } from "./quantiles.ts";

/** The probe's target: an IP address and a port, as seen from the client. */
export interface ProbeTarget {
  readonly address: string;
  readonly port: number;
  /** Whether it is a UDP port: a request is then a datagram. Absent: a TCP port, which is asked by HTTP. */
  readonly udp?: boolean;
  /** Whether it speaks TLS; absent: it does not. */
  readonly tls?: boolean;
  /** Whether a redirection or a refusal is service, too, all statuses below 500; absent: 200 alone is. */
  readonly lenient?: boolean;
}

export interface ProbeOptions {
  /** Milliseconds between two requests, however long the others take. Timers have a resolution of 1: below it, requests come in bursts. */
  readonly intervalMs: number;
  /** Timeout of a request. More than 1 s, or a request whose SYN was retransmitted counts as failed. */
  readonly timeoutMs: number;
  /** Milliseconds between two looks at the client's ARP entry. */
  readonly arpIntervalMs: number;
  /** Number of connections that are kept open beside the new ones, with regular requests on each. By UDP there are none. */
  readonly longLived: number;
  /** Milliseconds between two requests on a kept connection; the next one waits for the last answer. */
  readonly longLivedIntervalMs: number;
}

/**
 * - `answered`: the first SYN was answered, and a page came with status 200, or with another one that the target counts as service;
 * - `delayed`: a page came, but only a retransmitted SYN was answered (connecting took 900 ms or more);
 * - `failed`: no page within the timeout, or an error.
 *
 * By UDP, which sends nothing again: an answer came within 900 ms; it came later, so somebody had held back the datagram; none came, or the port was
 * refused (ICMP).
 */
type Outcome = "answered" | "delayed" | "failed";

/** One GET on a new connection, or one datagram from a port of its own. All times are milliseconds on the probe's clock: the run's, or one that starts with the probe. */
export interface ProbedRequest {
  /** Number in the schedule, from 0. */
  readonly n: number;
  /** Its time in the schedule: n × interval after the first. */
  readonly due: number;
  /** Its actual start: later than due by the probe's own jitter. */
  readonly started: number;
  /** When it was connected, by UDP answered; null if it never was. */
  readonly connected: number | null;
  readonly ended: number;
  readonly outcome: Outcome;
  /** Why it failed: `TIMEOUT`, a status such as `HTTP 503`, or the system's code (ECONNREFUSED, EHOSTUNREACH, ECONNRESET …). */
  readonly error?: string;
  /** The first 200 characters of the page, trimmed: they tell which server answered. */
  readonly body: string;
}

/**
 * A change of the hardware address in the client's ARP entry, in IPv6 its neighbour entry (null: no entry), between the looks at `after` and `at` (ms,
 * probe's clock). In IPv6 the kernel tells of it, and both are the same.
 */
export interface ArpChange {
  readonly mac: string | null;
  readonly after: number;
  readonly at: number;
}

/** How late the probe started its requests, in milliseconds: the part of a figure that the probe itself may have caused. */
export interface Jitter {
  readonly medianMs: number;
  readonly p99Ms: number;
  readonly maxMs: number;
}

/** A connection that is kept open, with regular requests on it. */
export interface LongLivedConnection {
  readonly id: number;
  readonly opened: number;
  /** Null: open until the end of the run. */
  readonly closed: number | null;
  /**
   * Why it closed early: the system's code (ECONNRESET …), TIMEOUT, or CLOSED: the server closed it between two answers without announcing
   * that in the last one (`Connection: close`).
   */
  readonly error?: string;
  readonly server: string;
  /** The time of each answer. */
  readonly answers: readonly number[];
}

/** Everything that a probe recorded. */
export interface ProbeResult {
  readonly target: ProbeTarget;
  readonly options: ProbeOptions;
  /** In the order of the schedule, without gaps. */
  readonly requests: readonly ProbedRequest[];
  readonly arp: readonly ArpChange[];
  /** The kept connections, in the order of `opened`; `server` is the text of the page. */
  readonly connections: readonly LongLivedConnection[];
  readonly jitter: Jitter;
}

/** The state of a kept connection while the probe runs. It is reported from its first answer on. */
export interface HeldConnection extends Pick<LongLivedConnection, "id" | "opened" | "closed" | "error"> {
  /** The time of the last answer. */
  readonly answered: number;
}

/** The argument of the probe's process. `epoch` is the start of the clock to use (see `ProbeMessage`); without it, the clock starts with it. */
export type ProbeOrder = ProbeTarget & ProbeOptions & { readonly epoch?: string };

/** A line of the probe's output. `epoch` is the start of its clock on CLOCK_MONOTONIC, in nanoseconds. */
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
