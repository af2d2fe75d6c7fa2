import { electedOf } from "../../../lab/index.ts";
import { directorDown } from "../../../verify/checks/director-down.ts";
import { vipHolder } from "../../../verify/checks/vip-holder.ts";
import { brokenByHand, checkByHand, isOwnMachine, lookByHand } from "../hand.ts";
import { hasAddress } from "../look.ts";
import type { Edge } from "./edge.ts";

/** The failover: the VIP is on a director that it is not on while all are well. */
export const directorDownSeen: Edge = {
  id: directorDown.id,
  appliesTo: (lab) => directorDown.appliesTo(lab),
  stepFor(context) {
    const { lab } = context;
    const subjects = directorDown.subjects(lab);
    const [first] = subjects;
    if (!first?.instance) return undefined;
    const instances = subjects.flatMap(({ instance }) => (instance ? [instance] : []));
    return {
      ...brokenByHand(context, directorDown, first),
      title: "When the master fails, the standby takes the VIP",
      recognised: {
        by: "look",
        judge({ servers }) {
          let unseen = false;
          for (const instance of instances) {
            const master = electedOf(instance);
            const isMaster = (name: string): boolean => {
              const look = servers.get(name);
              return look !== undefined && instance.addresses.some((vip) => hasAddress(look, vip));
            };
            const standbys = instance.members.map(({ server }) => server).filter((name) => name !== master);
            const holder = standbys.find(isMaster);
            if (holder && !isMaster(master))
              return { state: "reached", seen: `${holder} has ${instance.addresses.join(" and ")}`, wrong: [] };
            unseen ||= standbys.every((name) => servers.get(name) === undefined);
          }
          if (unseen) return { state: "unseen", seen: "no standby answers", wrong: [] };
          return {
            state: "open",
            seen: "no standby has the VIP alone",
            wrong: [
              "The master is well, or nobody has taken over from it. Let it fail as a machine fails, without a word to the others, and ask the VIP meanwhile. Then give it its power back: what becomes of the VIP?",
            ],
          };
        },
      },
      look: [
        ...lookByHand(
          context,
          vipHolder,
          vipHolder.subjects(lab).filter(({ instance }) => instance?.name === first.instance?.name),
        ),
        ...checkByHand(context, directorDown, first, (command) => !isOwnMachine(command)),
      ],
    };
  },
};
