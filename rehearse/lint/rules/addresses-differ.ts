import type { Member } from "../../directors/virtual-router.ts";
import type { Found, Rule } from "../rule.ts";

export const addressesDiffer: Rule = {
  id: "addresses-differ",
  title: "directors whose lists of virtual addresses differ",
  level: "error",
  why:
    "An advertisement carries the virtual addresses. A backup that has another list drops it, hears no master, and becomes master as well: both hold " +
    "the addresses that they share.",
  source: "keepalived's vrrp_check_packet() in vrrp.c; RFC 5798, section 7.1",
  *look({ routers }) {
    for (const { members } of routers) {
      const [first, ...others] = members;
      if (first) for (const other of others) yield* differences(first, other);
    }
  },
};

function* differences(one: Member, other: Member): Iterable<Found> {
  const missing = addresses(one).filter((address) => !addresses(other).includes(address));
  const more = addresses(other).filter((address) => !addresses(one).includes(address));
  if (missing.length === 0 && more.length === 0) return;
  const parts = [
    ...(missing.length > 0 ? [`lacks ${missing.join(", ")} of ${one.director.name}'s addresses`] : []),
    ...(more.length > 0 ? [`has ${more.join(", ")}, which ${one.director.name} has not`] : []),
  ];
  yield {
    at: other.instance.at,
    also: [one.instance.at],
    message: `${other.instance.name} of ${other.director.name} ${parts.join(" and ")}; each drops the other's advertisements`,
    fix: "write the same virtual_ipaddress block on all directors, or put what differs into virtual_ipaddress_excluded",
  };
}

const addresses = ({ instance }: Member): string[] => instance.addresses.map(({ address }) => address);
