import { holdersInWords, vipHolders } from "../../live/vip-holders.ts";
import type { Selector } from "../selectors.ts";
import { server } from "../values.ts";
import { mastersNow } from "../wire-now.ts";
import { defineExpectation } from "./kind.ts";

/**
 * State: exactly these directors have the VIP on an interface, asked over SSH. A director that does not answer (powered off, frozen) holds
 * nothing. File: a selector, `nobody` (none), or `both` (`master` and `standby`).
 */
export interface VipExpectation {
  readonly kind: "vip";
  readonly holders: readonly Selector[];
}

export const vip = defineExpectation({
  schema: server("nobody, both, master, standby or director", "write `vip: master`"),
  complete: (who): VipExpectation => ({
    kind: "vip",
    holders: who === "nobody" ? [] : who === "both" ? ["master", "standby"] : [who],
  }),
  selectors: (who) => (who === "nobody" || who === "both" ? [] : [{ path: [], selector: who, wanted: "a director" }]),
  resolve: (expectation, { one }) => ({ ...expectation, holders: expectation.holders.map(one) }),
  rules: {
    *"wrong-selector"(who, { path, controls }) {
      if (who === "both" && controls.includes("ipvsadm")) {
        yield {
          path,
          expected: "nobody, master or director with ipvsadm in control, which has one director",
          remedy: "write `vip: master`",
          other: ["control"],
        };
      }
    },
  },
  waitsFor: "ssh",
  expected: ({ holders }) => `the VIP is held by ${holdersInWords({ holders })}${holders.length === 1 ? " alone" : ""}`,
  async look({ holders }, observed) {
    const { live, instance, service } = observed;
    // The wire first: an SSH command costs an emulated director time just when it is busy taking over.
    if (instance) {
      const masters = mastersNow(observed);
      if (holders.some((name) => !masters.includes(name)))
        return { ok: false, seen: `on the wire the master is ${holdersInWords({ holders: masters })}` };
    }
    const found = await vipHolders(live, service.vip);
    return {
      ok: found.holders.toSorted().join() === holders.toSorted().join(),
      seen: `it is held by ${holdersInWords(found)}`,
    };
  },
  hint: "`npx lvs-lab status` shows who holds it; keepalived's journal on the directors tells why.",
});
