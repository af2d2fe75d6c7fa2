import { folded, hsiphash } from "./hash.ts";
import { available, type SchedulingDestination, type SchedulingMethod } from "./method.ts";
import { searched, slotsBy } from "./slots.ts";
import { commonDivisor } from "./weights.ts";

/** The prime number of slots that CONFIG_IP_VS_MH_TAB_INDEX=12 stands for. */
const SLOTS = 4093;
/** The most turns that a destination has in a row, in bits: half of that index. */
const TURN_BITS = 6;

/** The keys of both hashes, each twice: generate_hash_secret of ip_vs_mh.c. They are the same on every machine. */
const FIRST = 2654435761n;
const SECOND = 2654446892n;

/**
 * Maglev hashing: the hash of the client's address is a slot of a table in which each destination has a share by its weight. Every destination takes
 * slots in an order of its own, so that the others keep nearly all of theirs when it goes. mh-port adds the client's port to the hash; mh-fallback
 * looks on for another destination where that of the slot takes none.
 */
export const mh: SchedulingMethod<null> = {
  title: "Maglev hashing",
  rule: "goes to the real server in the slot of its client's hash, or is refused where that takes none",
  flags: ["mh-fallback", "mh-port"],
  decidedBy: "client",
  heeds: "ratio",
  inTurn: () => false,
  even: () => false,
  states: () => [null],
  next(table, loads, { client, clientPort }) {
    const slots = slotsOf(table);
    const free = available(table, loads);
    const key = folded(client) + (table.flags.includes("mh-port") ? clientPort : 0);
    const at = (offset: number): number | undefined => slots[hsiphash(offset + key, FIRST, FIRST) % SLOTS];
    const first = hsiphash(key, FIRST, FIRST) % SLOTS;
    const further = table.flags.includes("mh-fallback") ? SLOTS : 0;
    return searched(free, slots[first], further, (index) => at((index + first) % SLOTS));
  },
};

/**
 * Section 3.4 of the paper on Maglev (NSDI 2016), with weights: destinations take their next free slot in turn, each so often as its weight allows. There
 * are no slots where no destination has a weight.
 */
const slotsOf = slotsBy(({ destinations }) => {
  const orders = turnsOf(destinations).flatMap((turns, place) => {
    const { address, port } = destinations[place] ?? { address: undefined, port: 0 };
    if (turns === 0 || address === undefined) return [];
    const key = folded(address) + port;
    const skip = (hsiphash(key, SECOND, SECOND) % (SLOTS - 1)) + 1;
    return [{ place, turns, skip, slot: hsiphash(key, FIRST, FIRST) % SLOTS }];
  });
  const slots: number[] = [];
  let left = orders.length === 0 ? 0 : SLOTS;
  while (left > 0)
    for (const order of orders)
      for (let turn = 0; turn < order.turns && left > 0; turn++, left--) {
        while (slots[order.slot] !== undefined) order.slot = (order.slot + order.skip) % SLOTS;
        slots[order.slot] = order.place;
      }
  return slots;
});

/** How many slots each destination takes in a row: its weight, reduced until the highest has no more bits than allowed. */
function turnsOf(destinations: readonly SchedulingDestination[]): number[] {
  const weights = destinations.map(({ weight }) => weight);
  const divisor = commonDivisor(weights);
  const bits = Math.floor(Math.log2(Math.max(1, ...weights) / divisor)) + 1;
  const shift = Math.max(0, bits - TURN_BITS);
  return weights.map((weight) => (weight / divisor) >> shift || Number(weight > 0));
}
