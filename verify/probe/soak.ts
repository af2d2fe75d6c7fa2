import { goesInTurn, poolOf } from "../../lab/lab.ts";
import { untilAborted } from "../live/interruptible.ts";
import type { LiveLab } from "../live/live-lab.ts";
import { type LoadSummary, type Outage, outageOf, Probe, type ProbeResult, serverNames, summaryOf } from "./index.ts";

/** What a steady load on a lab with nothing wrong came to. JSON as it is. */
export interface SoakReport {
  readonly format: "lvs-lab soak";
  readonly version: 1;
  readonly stack: string;
  /** ISO 8601, wall clock. */
  readonly startedAt: string;
  readonly seconds: number;
  /** Requests a second that were asked for, and those that were started. */
  readonly rate: { readonly wanted: number; readonly achieved: number };
  readonly load: LoadSummary;
  readonly outage: Outage;
  /** Between the real server with the most answers and the one with the fewest, in requests. */
  readonly unevenBy: number;
  /** Whether the lab's scheduler promises equal shares: rr without persistence, over real servers of any weight above 0. */
  readonly evenShares: boolean;
  /** No request failed or was delayed, and the shares are equal to one request where they are promised to be. */
  readonly passed: boolean;
}

export interface SoakOptions {
  readonly requests: number;
  /** Requests a second, each on a connection of its own. */
  readonly rate: number;
  readonly signal: AbortSignal;
  readonly onProgress?: (message: string) => void;
}

/** Asks the VIP so many times at a steady rate. The lab is to be left alone meanwhile. */
export async function soak(live: LiveLab, { requests, rate, signal, onProgress }: SoakOptions): Promise<SoakReport> {
  const startedAt = new Date().toISOString();
  const probe = await Probe.start(live, { intervalMs: 1000 / rate, timeoutMs: 5000 });
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
  return soakReport(live, await probe.stop(), { startedAt, seconds, rate });
}

/** What is to be said of a soak by what its probe saw. */
export function soakReport(
  live: LiveLab,
  seen: ProbeResult,
  { startedAt, seconds, rate }: Pick<SoakReport, "startedAt" | "seconds"> & { readonly rate: number },
): SoakReport {
  const load = summaryOf(seen, serverNames(live.lab));
  const shares = poolOf(live.lab).map(({ name }) => load.perServer[name] ?? 0);
  const unevenBy = Math.max(...shares) - Math.min(...shares);
  const evenShares = goesInTurn(live.lab);
  const { failed, delayed } = load.counts;
  return {
    format: "lvs-lab soak",
    version: 1,
    stack: live.stack,
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
