import { all } from "../../conf/tree.ts";
import { addressOf } from "../../directors/instance.ts";
import type { Rule } from "../rule.ts";

export const ipvlanWithoutAddress: Rule = {
  id: "ipvlan-without-address",
  title: "an ipvlan interface without an address of its own, for IPv4",
  level: "error",
  why:
    "An ipvlan interface has the MAC address of the one below it, so that it needs an address of its own to send from. Without one the instance is in FAULT " +
    "and never becomes master.",
  source: "vrrp_complete_instance() in keepalived's vrrp.c; keepalived.conf(5), use_ipvlan",
  *look({ directors }) {
    for (const { name: director, instances } of directors)
      for (const { name, block, family } of instances) {
        const [at] = all(block, "use_ipvlan");
        if (family === 4 && at && !at.words.some(addressOf))
          yield {
            at,
            message: `${name} of ${director} stays in FAULT: its ipvlan interface has no address`,
            fix: "write an address of this director's own behind it, such as `use_ipvlan ipvl0 192.0.2.9/24`",
          };
      }
  },
};
