import { familyOf, holderOf, serverNamed } from "../../../lab/index.ts";
import { arpCure } from "../../../verify/checks/arp-cure.ts";
import { arpOwner } from "../../../verify/checks/arp-owner.ts";
import { checkByHand, lookByHand } from "../hand.ts";
import type { Edge } from "./edge.ts";

/** The ARP problem, as the client sees it: the entry names a real server, and the balancing is gone. */
export const arpProblem: Edge = {
  id: "arp-problem",
  before: arpCure.id,
  appliesTo: (lab) => arpCure.appliesTo(lab),
  stepFor(context) {
    const { lab } = context;
    const subjects = arpOwner.subjects(lab).filter(({ service }) => service && familyOf(service.vip) === 4);
    const [first] = subjects;
    const vips = subjects.flatMap(({ service }) => (service ? [service.vip] : []));
    if (!first) return undefined;
    const asked = vips.join(" or ");
    return {
      id: this.id,
      title: "The ARP problem: the client's entry for the VIP names a real server",
      why:
        "Director and real servers all have the VIP, and all of them answer when the client asks for it by ARP. The first answer makes the " +
        "client's entry: if it comes from a real server, all requests go there, past the director, and nothing is balanced. The winner may differ each time.",
      kind: "edge",
      hosts: ["client"],
      recognised: {
        by: "look",
        judge({ client }) {
          if (!client) return { state: "unseen", seen: "the client cannot be looked at", wrong: [] };
          const entries = vips.map((vip) => ({ vip, owner: client.entries[vip] }));
          const stolen = entries.find(
            ({ vip, owner }) =>
              owner !== undefined &&
              owner !== holderOf(lab, vip) &&
              lab.servers.some(({ name }) => name === owner) &&
              serverNamed(lab, owner).role === "real-server",
          );
          if (stolen) return { state: "reached", seen: `the entry for ${stolen.vip} names ${stolen.owner}`, wrong: [] };
          const known = entries.filter(({ owner }) => owner !== undefined);
          const seen =
            known.map(({ vip, owner }) => `the entry for ${vip} names ${owner}`).join("; ") ||
            `the client has no entry for ${asked}`;
          return {
            state: "open",
            seen,
            wrong: [
              known.length > 0
                ? `Up to now ${seen}, the host that answered first. Let the client forget it and ask again, several times: another host may be faster then.`
                : `The client has not asked for ${asked} yet, or nobody has answered.`,
              "If only one host ever answers, the others are kept from it already: take the cure of the ARP problem away for a moment, look, and put it back.",
            ],
          };
        },
      },
      look: lookByHand(context, arpOwner, [first]),
      solution: checkByHand(context, arpOwner, first).slice(0, 1),
      again: true,
      undo: [],
    };
  },
};
