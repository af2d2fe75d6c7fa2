import { holderOf } from "../../../lab/index.ts";
import { realServerDown } from "../../../verify/checks/real-server-down.ts";
import { brokenByHand, checkByHand } from "../hand.ts";
import { isInTable } from "../look.ts";
import { deadRealServers } from "./dead-real-servers.ts";
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
      ...brokenByHand(context, realServerDown, first),
      title: "keepalived takes a dead real server out, and tells root by mail",
      recognised: {
        by: "look",
        judge(looks) {
          const { dead, unseen } = deadRealServers(lab, subjects, looks);
          const found = dead.map(({ director, service, real, holder }) => ({
            ...{ real, holder, out: !isInTable(director, service, real) },
            told: director.subjects.some((subject) => addressesIn(subject).includes(real.address)),
          }));
          const done = found.find(({ out, told }) => out && told);
          if (done)
            return {
              state: "reached",
              seen: `${done.real.server} is out of the table, and root has a mail of it`,
              wrong: [],
            };
          if (found.length > 0)
            return {
              state: "open",
              seen: "a real server is down",
              wrong: found.map(({ real, holder, out }) =>
                out
                  ? `${real.server} is out of the table, and root on ${holder} has no mail of it: to whom does keepalived send its notices, and by which server?`
                  : `Nobody serves on ${real.server}, and the table of ${holder} still has it. keepalived takes it out when its health check has failed often enough: wait for it.`,
              ),
            };
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
    };
  },
};
