import { z } from "zod";
import { vrrpStates } from "../../../lab/schema.ts";
import { choice, property } from "../../../lab/yaml/schema.ts";
import type { Selector } from "../selectors.ts";
import { director } from "../values.ts";
import { mastersNow } from "../wire-now.ts";
import { defineExpectation } from "./kind.ts";

/** State: the VRRP state of a director as the wire shows it now (`VrrpSpan` in wire/records.ts). */
export interface VrrpExpectation {
  readonly kind: "vrrp";
  readonly on: Selector;
  readonly state: "MASTER" | "BACKUP";
}

export const vrrp = defineExpectation({
  schema: property(
    z.strictObject({ on: director("on"), state: choice(vrrpStates, "write `state: MASTER` or `state: BACKUP`") }),
    "a map with on and state",
    "write `vrrp: { on: standby, state: MASTER }`",
  ),
  complete: (value): VrrpExpectation => ({ kind: "vrrp", ...value }),
  selectors: ({ on }) => [{ path: ["on"], selector: on, wanted: "a director" }],
  resolve: (expectation, { one }) => ({ ...expectation, on: one(expectation.on) }),
  needsKeepalived: () => true,
  expected: ({ on, state }) => `${on} is ${state} by what it advertises`,
  look({ on, state }, observed) {
    const masters = mastersNow(observed);
    const seen = masters.includes(on) ? "MASTER" : masters.length > 0 ? "BACKUP" : "nobody is master";
    return { ok: seen === state, seen: `on the wire it is ${seen}` };
  },
  hint: "`npx lvs-lab ssh SERVER -- journalctl -u keepalived` tells its states.",
});
