import type { ProbedRequest, RequestSeries } from "../probe/index.ts";

/** The rows of the requests' columns, in the order of the schedule. Of a page its name is left: the server's. */
export function requestRows(columns: RequestSeries): ProbedRequest[] {
  const { due, started, connected, ended, outcome, outcomes, server, servers, error, errors } = columns;
  return due.map((moment, n) => {
    const reason = errors[error[n] ?? -1];
    return {
      n,
      due: moment,
      started: started[n] ?? moment,
      connected: connected[n] ?? null,
      ended: ended[n] ?? moment,
      outcome: outcomes[outcome[n] ?? 0] ?? "failed",
      ...(reason === undefined ? {} : { error: reason }),
      body: servers[server[n] ?? -1] ?? "",
    };
  });
}
