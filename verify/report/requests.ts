import type { ProbedRequest, RequestSeries } from "../probe/index.ts";

/** The request columns as rows, in the order of the schedule. `body` is the server name that stands for the page. */
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
