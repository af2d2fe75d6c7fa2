import type { ProbedRequest } from "../../../../verify/probe/index.ts";

export const INTERVAL = 20;

/** What becomes of one request: milliseconds from its start until it connected and ended, and its page or error. */
export interface Fate {
  readonly connect: number | null;
  readonly end: number;
  readonly error?: string;
  readonly body?: string;
}

export const served: Fate = { connect: 1, end: 3, body: "server2" };
export const lost: Fate = { connect: null, end: 2000, error: "TIMEOUT" };
/** Its first SYN was lost, the one 1 s later was answered. */
export const retransmitted: Fate = { connect: 1001, end: 1004, body: "server2" };
/** Connected, and cut off before the page came. */
export const cut: Fate = { connect: 1, end: 210, error: "ECONNRESET" };

/** A series of requests on the schedule, each started on time unless `late` (ms) says otherwise. */
export function series(fates: readonly Fate[], late: Readonly<Record<number, number>> = {}): ProbedRequest[] {
  return fates.map(({ connect, end, error, body = "" }, n) => {
    const due = n * INTERVAL;
    const started = due + (late[n] ?? 0);
    return {
      n,
      due,
      started,
      connected: connect === null ? null : started + connect,
      ended: started + end,
      outcome: error ? "failed" : (connect ?? 0) >= 900 ? "delayed" : "answered",
      ...(error ? { error } : {}),
      body,
    };
  });
}

export const times = (count: number, fate: Fate): Fate[] => Array.from({ length: count }, () => fate);
