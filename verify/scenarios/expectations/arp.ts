import { networkOfVip } from "../../../lab/index.ts";
import { hostOf } from "../../live/arp-answers.ts";
import type { Selector } from "../selectors.ts";
import { server } from "../values.ts";
import { defineExpectation } from "./kind.ts";
import { probeOf } from "./requests.ts";

/**
 * State: the server whose hardware address the client's ARP entry for the VIP names. Null, in the file `other`: an unknown host. A virtual router's
 * own address leads to its master.
 */
export interface ArpExpectation {
  readonly kind: "arp";
  readonly owner: Selector | null;
}

export const arp = defineExpectation({
  schema: server("other, or a selector such as master", "write `arp: master`"),
  complete: (who): ArpExpectation => ({ kind: "arp", owner: who === "other" ? null : who }),
  selectors: (who) => (who === "other" ? [] : [{ path: [], selector: who, wanted: "a server" }]),
  resolve: (expectation, { one }) => ({
    ...expectation,
    owner: expectation.owner === null ? null : one(expectation.owner),
  }),
  expected: ({ owner }) => `the client's ARP entry for the VIP names ${owner ?? "an unknown host"}`,
  async look({ owner }, observed, view) {
    const mac = probeOf(observed).arp.at(-1)?.mac ?? null;
    if (mac === null) return { ok: false, seen: "there is none" };
    const { lab } = observed.live;
    const found = await hostOf(view, mac, networkOfVip(lab, observed.service.vip).name);
    const known = lab.servers.some(({ name }) => name === found);
    return {
      ok: owner === null ? !known : found === owner,
      seen: `it names ${known ? `${found} (${mac})` : mac}`,
    };
  },
  hint: "`npx lvs-lab client -- arp -an` shows the entry, `npx lvs-lab check --only arp-cure arp-owner` whether real servers keep quiet.",
});
