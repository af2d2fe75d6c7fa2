import { folded, hash32 } from "./hash.ts";
import { available, type SchedulingMethod } from "./method.ts";
import { searched, slotsBy } from "./slots.ts";

/** CONFIG_IP_VS_SH_TAB_BITS: 256 slots. */
const SLOT_BITS = 8;
const SLOTS = 1 << SLOT_BITS;

/**
 * Source hashing: the hash of the client's address is a slot of a table, which the destinations fill in turn, each as many slots as its weight. One of
 * weight 0 has a slot as well: its clients are refused, unless sh-fallback looks on for another. sh-port adds the client's port to the hash.
 */
export const sh: SchedulingMethod<null> = {
  title: "source hashing",
  rule: "goes to the real server in the slot of its client's hash, or is refused where that takes none",
  flags: ["sh-fallback", "sh-port"],
  decidedBy: "client",
  heeds: "ratio",
  inTurn: () => false,
  even: () => false,
  states: () => [null],
  next(table, loads, { client, clientPort }) {
    const slots = slotsOf(table);
    const free = available(table, loads);
    const port = table.flags.includes("sh-port") ? clientPort : 0;
    const first = hash32(folded(client) + port, SLOT_BITS);
    const further = table.flags.includes("sh-fallback") ? SLOTS : 0;
    // The search begins so many slots after the first one as that is from the start of the table.
    return searched(free, slots[first], further, (index) => slots[(2 * first + index) % SLOTS]);
  },
};

/** The destination of each slot, by its place. */
const slotsOf = slotsBy(({ destinations }) => {
  const turn = destinations.flatMap(({ weight }, place) =>
    Array.from({ length: Math.min(SLOTS, Math.max(1, weight)) }, () => place),
  );
  return turn.length === 0 ? [] : Array.from({ length: SLOTS }, (_, slot) => turn[slot % turn.length] ?? 0);
});
