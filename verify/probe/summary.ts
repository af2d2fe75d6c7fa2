import { type Outage, outageOf } from "./outage.ts";
import { quantiles } from "./quantiles.ts";
import type { Jitter, ProbeResult } from "./records.ts";
import { answersPerServer, type ServerNames } from "./servers.ts";

export interface LoadSummary {
  readonly intervalMs: number;
  readonly timeoutMs: number;
  /** How many connections were held open all the time, a line every so often on each. */
  readonly longLived: number;
  /** The whole run's counts, from the first request to the last. */
  readonly counts: Outage["counts"];
  readonly perServer: Readonly<Record<string, number>>;
  /** Of answered requests, in milliseconds. */
  readonly latency: {
    readonly medianMs: number;
    readonly p95Ms: number;
    readonly p99Ms: number;
    readonly maxMs: number;
  };
  /** How late the probe itself was. */
  readonly jitter: Jitter;
}

/** The figures of a whole run's load. Latency is from a request's start to its page's end, ARP included where it has to be asked. */
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
