import { isLinkLocal } from "../../../lab/index.ts";
import type { Director } from "../../directors/director.ts";
import { heldBy, type Instance, type VirtualAddress } from "../../directors/instance.ts";
import { syncGroupOf } from "../../directors/weight.ts";
import type { Rule } from "../rule.ts";

export const addressTwice: Rule = {
  id: "address-twice",
  title: "one virtual address in two instances of a director",
  level: "error",
  why:
    "Each instance sets and removes its addresses by itself. If one of the two leaves MASTER it takes the address away from the other, which stays " +
    "master and tells everybody that it holds it.",
  source: "vrrp_restore_interface() in keepalived's vrrp.c; seen on keepalived 2.2.7",
  *look({ directors }) {
    for (const director of directors)
      for (const { address, instance, first } of twice(director))
        yield {
          at: address.at,
          also: [first.address.at],
          message: `${address.address} is in ${first.instance.name} and in ${instance.name} of ${director.name}: either takes it away from the other`,
          fix: "leave it in one of them, on all directors; join instances that are to move together in a vrrp_sync_group",
        };
  },
};

interface Use {
  readonly instance: Instance;
  readonly address: VirtualAddress;
}

function twice(director: Director): (Use & { readonly first: Use })[] {
  const uses = director.instances.flatMap((instance) => heldBy(instance).map((address) => ({ instance, address })));
  return uses.flatMap((use, index) => {
    const first = uses
      .slice(0, index)
      .find((one) => one.instance !== use.instance && sameUse(one, use) && !moveTogether(director, one, use));
    return first && !isLinkLocal(use.address.address) ? [{ ...use, first }] : [];
  });
}

/** Members of a sync group set and remove it at the same time. */
function moveTogether(director: Director, one: Use, other: Use): boolean {
  const group = syncGroupOf(director, one.instance);
  return group !== undefined && group === syncGroupOf(director, other.instance);
}

/** One that both put on different interfaces is two. */
const sameUse = (one: Use, other: Use): boolean =>
  one.address.address === other.address.address && deviceOf(one) === deviceOf(other);

const deviceOf = ({ instance, address }: Use): string | undefined => address.device ?? instance.interface;
