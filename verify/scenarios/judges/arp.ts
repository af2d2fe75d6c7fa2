import { serverWithMac } from "../../live/server-with-mac.ts";
import type { ArpExpectation } from "../scenario.ts";
import type { Judge } from "./judge.ts";
import { probeOf } from "./requests.ts";

export const arp: Judge<ArpExpectation> = {
  expected: ({ owner }) => `the client's ARP entry for the VIP names ${owner ?? "a host that is none of the lab's"}`,
  look({ owner }, observed) {
    const mac = probeOf(observed).arp.at(-1)?.mac ?? null;
    const found = mac === null ? undefined : serverWithMac(observed.live.lab, mac);
    return {
      ok: mac !== null && (owner === null ? found === undefined : found === owner),
      seen: mac === null ? "there is none" : `it names ${found ? `${found} (${mac})` : mac}`,
    };
  },
  hint: "`npx lvs-lab client -- arp -an` shows the entry, `npx lvs-lab check --only arp-cure arp-owner` whether real servers keep quiet.",
};
