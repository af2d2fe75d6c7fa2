import type { Rule } from "../rule.ts";
import { nameOf, statementOf } from "../words.ts";

export const unicastOneSided: Rule = {
  id: "unicast-one-sided",
  title: "directors of which one speaks unicast and the other multicast",
  level: "error",
  why:
    "An instance with unicast_peer drops advertisements that come by multicast, and one without drops those that come by unicast. Neither hears the " +
    "other, so both become master.",
  source: "vrrp_check_packet() in keepalived's vrrp.c; keepalived.conf(5), unicast_peer",
  *look({ routers }) {
    for (const { members } of routers) {
      const one = members.find(({ instance }) => instance.unicast);
      for (const other of members)
        if (one && !other.instance.unicast)
          yield {
            at: statementOf(other.instance, "unicast_peer", "unicast_src_ip"),
            also: [one.instance.unicast?.at ?? one.instance.at],
            message: `${nameOf(one)} sends its advertisements to unicast_peer addresses, ${nameOf(other)} sends them by multicast: both become master`,
            fix: `write a unicast_peer block with the addresses of the other directors for ${other.instance.name}, or remove ${one.director.name}'s`,
          };
    }
  },
};
