import type { LoadSummary } from "../report/result.ts";
import { outageOf } from "./outage.ts";
import { quantiles } from "./quantiles.ts";
import type { ProbeResult } from "./records.ts";
import { answersPerServer, type ServerNames } from "./servers.ts";

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
