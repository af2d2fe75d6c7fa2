import { goalOf } from "../../../lab/lab.ts";
import { holdersInWords, vipHolders } from "../../live/vip-holders.ts";
import type { VipExpectation } from "../scenario.ts";
import { mastersNow } from "../wire-now.ts";
import type { Judge } from "./judge.ts";

export const vip: Judge<VipExpectation> = {
  expected: ({ holders }) => `the VIP is held by ${holdersInWords({ holders })}${holders.length === 1 ? " alone" : ""}`,
  async look({ holders }, observed) {
    const { live } = observed;
    // The wire first: to ask over SSH costs an emulated director time, just when it has better to do.
    if (goalOf(live.lab) === "ha") {
      const masters = mastersNow(observed);
      if (holders.some((name) => !masters.includes(name)))
        return { ok: false, seen: `on the wire the master is ${holdersInWords({ holders: masters })}` };
    }
    const found = await vipHolders(live);
    return {
      ok: found.holders.toSorted().join() === holders.toSorted().join(),
      seen: `it is held by ${holdersInWords(found)}`,
    };
  },
  hint: "`npx lvs-lab status` shows who holds it; keepalived's journal on the directors tells why.",
};
