import { last } from "../../conf/tree.ts";
import type { Rule } from "../rule.ts";

export const multicastGroupIgnored: Rule = {
  id: "multicast-group-ignored",
  title: "a multicast group on an instance that sends by unicast",
  level: "error",
  why: "keepalived sends to the addresses of unicast_peer alone, and ignores the multicast group, with a line in its log.",
  source: "vrrp_complete_instance() in keepalived's vrrp.c",
  *look({ directors }) {
    for (const { name: director, instances } of directors)
      for (const { name, block, unicast } of instances) {
        const at = last(block, "mcast_dst_ip");
        if (at && unicast)
          yield {
            at,
            also: [unicast.at],
            message: `${name} of ${director} sends to its unicast_peer, and not to ${at.words[0]}`,
            fix: "remove mcast_dst_ip, or unicast_peer with what belongs to it",
          };
      }
  },
};
