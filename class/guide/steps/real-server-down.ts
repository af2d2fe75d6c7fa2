import { holderOf, poolOf } from "../../../lab/index.ts";
import { realServerDown } from "../../../verify/checks/real-server-down.ts";
import { checkByHand, isUndo } from "../hand.ts";
import { isInTable, serves } from "../look.ts";
import type { Edge } from "./edge.ts";

/** `[LVS_DEVEL] Realserver [172.25.254.12]:tcp:80 of virtual server [172.25.254.100]:tcp:80 - DOWN` */
const addressesIn = (subject: string): string[] => subject.match(/[\da-f.:]+/gi) ?? [];

/** What keepalived does about a real server that no longer serves. */
export const realServerDownSeen: Edge = {
  id: realServerDown.id,
  appliesTo: (lab) => realServerDown.appliesTo(lab),
  stepFor(context) {
    const { lab } = context;
    const subjects = realServerDown.subjects(lab);
    const [first] = subjects;
    const { service: shown } = first ?? {};
    if (!first || !shown) return undefined;
    return {
      id: this.id,
      title: "keepalived takes a dead real server out, and tells root by mail",
      why: realServerDown.proves,
      kind: "edge",
      hosts: ["client"],
      recognised: {
        by: "look",
        judge({ servers }) {
          let unseen = false;
          const wrong: string[] = [];
          for (const { service } of subjects) {
            const director = service && servers.get(holderOf(lab, service.vip));
            if (!service || !director) {
              unseen = true;
              continue;
            }
            for (const real of poolOf(service)) {
              const look = servers.get(real.server);
              unseen ||= look === undefined;
              if (!look || serves(look, service, real.server)) continue;
              const out = !isInTable(director, service, real);
              const told = director.subjects.some((subject) => addressesIn(subject).includes(real.address));
              if (out && told)
                return {
                  state: "reached",
                  seen: `${real.server} is out of the table, and root has a mail of it`,
                  wrong: [],
                };
              wrong.push(
                out
                  ? `${real.server} is out of the table, and root on ${holderOf(lab, service.vip)} has no mail of it: to whom does keepalived send its notices, and by which server?`
                  : `Nobody serves on ${real.server}, and the table of ${holderOf(lab, service.vip)} still has it. keepalived takes it out when its health check has failed often enough: wait for it.`,
              );
            }
          }
          if (wrong.length > 0) return { state: "open", seen: "a real server is down", wrong };
          if (unseen) return { state: "unseen", seen: "a server does not answer", wrong: [] };
          return {
            state: "open",
            seen: "every real server serves",
            wrong: [
              "Every real server serves. Stop the web server of one of them, and look at the master's table and at root's mail there.",
            ],
          };
        },
      },
      look: [
        { on: holderOf(lab, shown.vip), commands: ["ipvsadm -ln", "mail"], looks: true },
        ...checkByHand(context, realServerDown, first, (command) => command.startsWith("for ")),
      ],
      solution: checkByHand(context, realServerDown, first, (command) => !isUndo(command)),
      undo: checkByHand(context, realServerDown, first, isUndo),
    };
  },
};
