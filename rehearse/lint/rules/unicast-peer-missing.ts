import type { Member } from "../../directors/virtual-router.ts";
import type { Found, Rule } from "../rule.ts";
import { listed, nameOf } from "../words.ts";

export const unicastPeerMissing: Rule = {
  id: "unicast-peer-missing",
  title: "a director that sends its advertisements to no address of its peer",
  level: "error",
  why:
    "A unicast instance sends its advertisements to the peers of its list and to nobody else. A director that is missing there hears no master and " +
    "becomes master as well.",
  source: "keepalived.conf(5), unicast_peer; vrrp_send_adv() in vrrp.c",
  *look({ routers }) {
    for (const { members } of routers)
      for (const from of members) {
        yield* alike(from, members);
        for (const to of members) if (to !== from) yield* missing(from, to, members);
      }
  },
};

function* missing(from: Member, to: Member, members: readonly Member[]): Iterable<Found> {
  const { unicast } = from.instance;
  const source = to.instance.unicast?.source;
  if (!unicast || !source || unicast.peers.includes(source.address)) return;
  const known = members.flatMap(({ instance }) => instance.unicast?.source?.address ?? []);
  const strangers = unicast.peers.filter((peer) => !known.includes(peer));
  yield {
    at: unicast.at,
    also: [source.at],
    message:
      `${nameOf(from)} does not send to ${source.address}, the unicast_src_ip of ${to.director.name}: while ${from.director.name} is master ${to.director.name} becomes master as well` +
      (strangers.length > 0
        ? `; ${listed(strangers)} in its list ${strangers.length === 1 ? "is" : "are"} nobody's unicast_src_ip`
        : ""),
    fix: `write ${source.address} into unicast_peer of ${from.director.name}, or correct the unicast_src_ip of ${to.director.name}`,
  };
}

/** Two directors that both list the same one address: one of them lists itself, and so does not reach the other. */
function* alike(one: Member, members: readonly Member[]): Iterable<Found> {
  const [first, second] = members;
  if (!first || !second || members.length !== 2 || one !== second) return;
  const [mine, yours] = [first.instance.unicast, second.instance.unicast];
  if (!mine || !yours || mine.source || yours.source || mine.peers.length !== 1 || yours.peers.length !== 1) return;
  if (mine.peers[0] === yours.peers[0])
    yield {
      at: yours.at,
      also: [mine.at],
      message: `${nameOf(first)} and ${nameOf(second)} both send to ${mine.peers[0]} alone: the one that has this address does not reach the other`,
      fix: "write the other director's address into each unicast_peer block, and its own as unicast_src_ip",
    };
}
