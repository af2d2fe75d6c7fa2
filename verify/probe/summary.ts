import { type Outage, outageOf } from "./outage.ts";
import { quantiles } from "./quantiles.ts";
import type { Jitter, ProbeResult } from "./records.ts";
import { answersPerServer, type ServerNames } from "./servers.ts";

export interface LoadSummary {
  readonly intervalMs: number;
  readonly timeoutMs: number;
  /** Number of connections that were kept open, with regular requests on each. */
  readonly longLived: number;
  /** Counts of the whole run, from the first request to the last. */
  readonly counts: Outage["counts"];
  readonly perServer: Readonly<Record<string, number>>;
  /** Of answered requests, in milliseconds. */
  readonly latency: {
    readonly medianMs: number;
    readonly p95Ms: number;
    readonly p99Ms: number;
    readonly maxMs: number;
  };
  /** Lateness of the probe itself. */
  readonly jitter: Jitter;
}

/** The load of a whole run. Latency is from the start of a request to the end of its page, including an ARP request if there is one. */
export function summaryOf({ options, requests, jitter }: ProbeResult, names: ServerNames): LoadSummary {
  const answered = requests.filter(({ outcome }) => outcome === "answered");
  const [medianMs, p95Ms, p99Ms, maxMs] = quantiles(
    answered.map(({ started, ended }) => ended - started),
    [0.5, 0.95, 0.99, 1],
  );
  const { intervalMs, timeoutMs, longLived } = options;
  return {
    intervalMs,
    timeoutMs,
    longLived,
    counts: outageOf(requests).counts,
    perServer: answersPerServer(requests, names),
    latency: { medianMs, p95Ms, p99Ms, maxMs },
    jitter,
  };
}
