import { addressesOf, shareDirector } from "../../directors/virtual-router.ts";
import type { Rule } from "../rule.ts";
import { listed, nameOf, statementOf } from "../words.ts";

export const addressUnderTwoIds: Rule = {
  id: "address-under-two-ids",
  title: "directors that share a virtual address under different ids",
  level: "error",
  why:
    "Only instances with the same virtual_router_id are one virtual router. With different ones neither director listens to the other's " +
    "advertisements, so both become master and both hold the address.",
  source: "RFC 5798, sections 1.6 and 7.1; keepalived.conf(5), virtual_router_id",
  *look({ routers }) {
    for (const [index, one] of routers.entries())
      for (const other of routers.slice(index + 1)) {
        const [first] = one.members;
        const [second] = other.members;
        if (!first || !second || one.id === other.id || shareDirector(one.members, other.members)) continue;
        const shared = addressesOf(first.instance).filter((address) => addressesOf(second.instance).includes(address));
        if (shared.length === 0) continue;
        const clusters = one.members.length > 1 && other.members.length > 1;
        yield {
          at: statementOf(second.instance, "virtual_router_id"),
          also: [statementOf(first.instance, "virtual_router_id")],
          ...(clusters ? { level: "note" as const } : {}),
          message: `${nameOf(first)} holds ${listed(shared)} with virtual_router_id ${one.id}, ${nameOf(second)} with ${other.id}: both become master`,
          fix: clusters
            ? "give each cluster addresses of its own, unless they are on separate networks"
            : `write \`virtual_router_id ${one.id}\` on all directors of the address`,
        };
      }
  },
};
