import type { ServedExpectation } from "../scenario.ts";
import type { Judge } from "./judge.ts";
import { probeOf, windowRequests } from "./requests.ts";

export const served: Judge<ServedExpectation> = {
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
};
