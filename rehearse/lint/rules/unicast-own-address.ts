import { all } from "../../conf/tree.ts";
import { addressOf } from "../../directors/instance.ts";
import type { Rule } from "../rule.ts";

export const unicastOwnAddress: Rule = {
  id: "unicast-own-address",
  title: "a director's own address among its unicast peers",
  level: "warning",
  why:
    "keepalived sends its advertisements to itself as well, and writes a warning to the log at each: an equal priority advert from a remote host with " +
    "our IP address. The warning that would tell of two directors with one address is lost among them.",
  source: "vrrp_state_master_rx() in keepalived's vrrp.c; seen on keepalived 2.2.7",
  *look({ directors }) {
    for (const director of directors)
      for (const { name, block, unicast } of director.instances) {
        const source = unicast?.source;
        if (!source || !unicast.peers.includes(source.address)) continue;
        const lines = all(block, "unicast_peer").flatMap(({ block: inside }) => inside ?? []);
        yield {
          at: lines.find(({ keyword }) => addressOf(keyword) === source.address) ?? unicast.at,
          also: [source.at],
          message: `${name} of ${director.name} lists its own address, ${source.address}, as a unicast peer: it logs a warning with every advertisement that it sends`,
          fix: "remove the director's own address from its unicast_peer",
        };
      }
  },
};
