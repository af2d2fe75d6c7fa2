import { goesInTurn, poolOf, type VirtualService } from "../../lab/index.ts";
import { untilAborted } from "../live/interruptible.ts";
import type { LiveLab } from "../live/live-lab.ts";
import { type LoadSummary, type Outage, outageOf, Probe, type ProbeResult, serverNames, summaryOf } from "./index.ts";

/** The result of a steady load on a healthy lab, as JSON. */
export interface SoakReport {
  readonly format: "lvs-lab soak";
  readonly version: 2;
  readonly stack: string;
  /** The name of the virtual service. */
  readonly service: string;
  /** ISO 8601, wall clock. */
  readonly startedAt: string;
  readonly seconds: number;
  /** Requests a second: wanted, and started. */
  readonly rate: { readonly wanted: number; readonly achieved: number };
  readonly load: LoadSummary;
  readonly outage: Outage;
  /** The most answers of a real server minus the fewest, in requests. */
  readonly unevenBy: number;
  /** Whether the scheduler promises equal shares: connections go in turn, without persistence. */
  readonly evenShares: boolean;
  /** Whether no request failed or was delayed, and promised equal shares differ by one request at most. */
  readonly passed: boolean;
}

export interface SoakOptions {
  readonly requests: number;
  /** Requests a second, each on a new connection. */
  readonly rate: number;
  readonly signal: AbortSignal;
  readonly onProgress?: (message: string) => void;
}

/** Sends a number of requests to the VIP at a steady rate. Nothing else may change the lab meanwhile. */
export async function soak(
  live: LiveLab,
  service: VirtualService,
  { requests, rate, signal, onProgress }: SoakOptions,
): Promise<SoakReport> {
  const startedAt = new Date().toISOString();
  const probe = await Probe.start(live, service, { intervalMs: 1000 / rate, timeoutMs: 5000 });
  const begun = probe.now();
  let told = begun;
  try {
    await untilAborted(
      signal,
      async () => {
        const done = probe.requests.length;
        if (probe.now() - told >= 10_000) {
          told = probe.now();
          onProgress?.(`${done} of ${requests} requests have ended`);
        }
        if (done < requests) throw new Error(`${done} of ${requests} requests have ended`);
      },
      { seconds: (2 * requests) / rate + 60, everyMs: 100, failed: (last) => last as Error },
    );
  } catch (error) {
    await probe.stop().catch(() => {}); // the first error tells
    throw error;
  }
  const seconds = (probe.now() - begun) / 1000;
  return soakReport(live, service, await probe.stop(), { startedAt, seconds, rate });
}

/** The report of a soak from the records of its probe. */
export function soakReport(
  live: Pick<LiveLab, "stack">,
  service: VirtualService,
  seen: ProbeResult,
  { startedAt, seconds, rate }: Pick<SoakReport, "startedAt" | "seconds"> & { readonly rate: number },
): SoakReport {
  const load = summaryOf(seen, serverNames(service));
  const shares = poolOf(service).map(({ server }) => load.perServer[server] ?? 0);
  const unevenBy = Math.max(...shares) - Math.min(...shares);
  const evenShares = goesInTurn(service);
  const { failed, delayed } = load.counts;
  return {
    format: "lvs-lab soak",
    version: 2,
    stack: live.stack,
    service: service.name,
    startedAt,
    seconds,
    rate: { wanted: rate, achieved: seen.requests.length / seconds },
    load,
    outage: outageOf(seen.requests),
    unevenBy,
    evenShares,
    passed: failed === 0 && delayed === 0 && (!evenShares || unevenBy <= 1),
  };
}
