import { folded, hash32 } from "./hash.ts";
import { available, forgetful, type SchedulingMethod } from "./method.ts";

/** CONFIG_IP_VS_DH_TAB_BITS: 256 slots. */
const SLOT_BITS = 8;

/** Destination hashing: the VIP's hash is a slot of a table, which the destinations fill in turn. A service of one VIP uses one slot of it. */
export const dh: SchedulingMethod<null> = {
  title: "destination hashing",
  rule: "goes to the one real server in the slot of the VIP's hash, or is refused where that takes none",
  flags: [],
  decidedBy: "vip",
  heeds: "nothing",
  inTurn: () => false,
  even: () => false,
  states: () => [null],
  next(table, loads, { vip }) {
    const place = hash32(folded(vip), SLOT_BITS) % table.destinations.length;
    return forgetful(available(table, loads).filter((one) => one === place));
  },
};
