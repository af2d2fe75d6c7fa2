import { milliseconds } from "../../../lab/yaml/duration.ts";
import { duration } from "../values.ts";
import { defineExpectation } from "./kind.ts";
import { probeOf, windowRequests } from "./requests.ts";

/** State: every request that was due in the last `ms`, and could have ended by now, was answered (`answered`, not `delayed`). */
export interface ServedExpectation {
  readonly kind: "served";
  readonly ms: number;
}

export const served = defineExpectation({
  schema: duration(1000, 600_000, "for how long every request was answered", "served: 2s"),
  complete: (value): ServedExpectation => ({ kind: "served", ms: milliseconds(value) }),
  load: "requests",
  expected: ({ ms }) => `every request of the last ${ms / 1000} s is answered`,
  look({ ms }, observed) {
    const probe = probeOf(observed);
    const ok = probe.steady(ms);
    if (ok) return { ok, seen: "every one was" };
    const last = windowRequests(observed).at(-1);
    return {
      ok,
      seen: last
        ? `the last one that ended ${last.error ? `failed: ${last.error}` : `was ${last.outcome}`}`
        : "none has ended yet",
    };
  },
  hint: "`npx lvs-lab check` says which part of the lab is not as it should be.",
});
