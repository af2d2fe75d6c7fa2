import { noHealthCheck } from "../../../verify/checks/no-health-check.ts";
import { brokenByHand, isOwnMachine, lookByHand } from "../hand.ts";
import { isInTable } from "../look.ts";
import { deadRealServers } from "./dead-real-servers.ts";
import type { Edge } from "./edge.ts";

/** What ipvsadm alone does not do. */
export const noHealthCheckSeen: Edge = {
  id: noHealthCheck.id,
  appliesTo: (lab) => noHealthCheck.appliesTo(lab),
  stepFor(context) {
    const { lab } = context;
    const subjects = noHealthCheck.subjects(lab);
    const [first] = subjects;
    if (!first) return undefined;
    return {
      ...brokenByHand(context, noHealthCheck, first),
      title: noHealthCheck.title,
      recognised: {
        by: "look",
        judge(looks) {
          const { dead, unseen } = deadRealServers(lab, subjects, looks);
          const stays = dead.find(({ director, service, real }) => isInTable(director, service, real));
          if (stays)
            return {
              state: "reached",
              seen: `nobody serves on ${stays.real.server}, and the table still sends requests there`,
              wrong: [],
            };
          if (unseen) return { state: "unseen", seen: "a server does not answer", wrong: [] };
          return {
            state: "open",
            seen: "every real server in the table serves",
            wrong: [
              "Every real server in the table serves, so no request fails. Stop the web server of one of them, and ask the VIP a few times: what does the table do about it?",
            ],
          };
        },
      },
      look: lookByHand(context, noHealthCheck, [first]).map((one) => ({
        ...one,
        commands: one.commands.filter((command) => !isOwnMachine(command)),
      })),
    };
  },
};
