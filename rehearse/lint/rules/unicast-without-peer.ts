import { all, last } from "../../conf/tree.ts";
import type { Rule } from "../rule.ts";
import { listed } from "../words.ts";

/** What makes keepalived expect a peer: VRRP_FLAG_UNICAST_CONFIGURED in its vrrp_parser.c. */
const expecting = [
  "unicast_peer",
  "unicast_src_ip",
  "unicast_fault_no_peer",
  "check_unicast_src",
  "old_unicast_checksum",
];

export const unicastWithoutPeer: Rule = {
  id: "unicast-without-peer",
  title: "unicast to nobody",
  level: "error",
  why:
    "Without a peer that it takes, keepalived sends its advertisements by multicast, with a line in its log. Where the network does not carry multicast, as in " +
    "clouds, no director hears another one, and all become master. With unicast_fault_no_peer the instance is in FAULT instead.",
  source: "vrrp_complete_instance() in keepalived's vrrp.c; keepalived.conf(5), unicast_peer and unicast_fault_no_peer",
  *look({ directors }) {
    for (const { name: director, instances } of directors)
      for (const { name, block, unicast } of instances) {
        const [at, ...others] = all(block, ...expecting);
        if (unicast || !at) continue;
        const words = [...new Set([at, ...others].map(({ keyword }) => keyword))];
        const isFault = last(block, "unicast_fault_no_peer") !== undefined;
        yield {
          at,
          message: `${name} of ${director} has ${listed(words)} and no peer: it ${isFault ? "stays in FAULT" : "sends its advertisements by multicast"}`,
          fix: "write the addresses of the other directors into unicast_peer, or remove what is for unicast",
        };
      }
  },
};
