import type { VrrpExpectation } from "../scenario.ts";
import { mastersNow } from "../wire-now.ts";
import type { Judge } from "./judge.ts";

export const vrrp: Judge<VrrpExpectation> = {
  expected: ({ on, state }) => `${on} is ${state} by what it advertises`,
  look({ on, state }, observed) {
    const masters = mastersNow(observed);
    const seen = masters.includes(on) ? "MASTER" : masters.length > 0 ? "BACKUP" : "nobody is master";
    return { ok: seen === state, seen: `on the wire it is ${seen}` };
  },
  hint: "`npx lvs-lab ssh SERVER -- journalctl -u keepalived` tells its states.",
};
