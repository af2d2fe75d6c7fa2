import type { Probe, ProbedRequest } from "../../probe/index.ts";
import type { Observed } from "../observed.ts";

/** The probe of a scenario with load. Its file is checked for load where an expectation needs it. */
export function probeOf({ probe }: Observed): Probe {
  if (!probe) throw new Error("the scenario has no load, so nothing is known of requests");
  return probe;
}

/**
 * Waits until nothing is under way of what was asked up to now. A measure comes after this: a request that hangs is not known of before its
 * end, and without it an outage looks shorter, or as if there were none.
 */
export const settled = async (observed: Observed): Promise<void> => await probeOf(observed).settled();

/** What has been reported so far in the order of the schedule, in which outages are measured. */
export const inSchedule = (observed: Observed): ProbedRequest[] =>
  probeOf(observed).requests.toSorted((one, other) => one.n - other.n);

/** Requests that ended since the window began, in the order in which they ended. */
export const windowRequests = (observed: Observed): ProbedRequest[] =>
  probeOf(observed).requests.filter(({ ended }) => ended >= observed.window.from);
