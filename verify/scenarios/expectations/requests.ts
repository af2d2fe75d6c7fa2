import type { Probe, ProbedRequest } from "../../probe/index.ts";
import type { Observed } from "../observed.ts";

/** The probe of a scenario with load; rules.ts checks that a file has load if an expectation needs it. */
export function probeOf({ probe }: Observed): Probe {
  if (!probe) throw new Error("the scenario has no load, so nothing is known of requests");
  return probe;
}

/**
 * Waits until every request that was sent so far has ended. Measures come after this: a hanging request is reported only at its end, and
 * without it an outage looks shorter, or does not show.
 */
export const settled = async (observed: Observed): Promise<void> => await probeOf(observed).settled();

/** The requests reported so far in the order of the schedule, in which outages are measured. */
export const inSchedule = (observed: Observed): ProbedRequest[] =>
  probeOf(observed).requests.toSorted((one, other) => one.n - other.n);

/** The requests that ended since the window began, in the order of their ends. */
export const windowRequests = (observed: Observed): ProbedRequest[] =>
  probeOf(observed).requests.filter(({ ended }) => ended >= observed.window.from);
