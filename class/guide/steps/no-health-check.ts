import { holderOf, poolOf } from "../../../lab/index.ts";
import { noHealthCheck } from "../../../verify/checks/no-health-check.ts";
import { checkByHand, isUndo, lookByHand } from "../hand.ts";
import { isInTable, serves } from "../look.ts";
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
      id: this.id,
      title: noHealthCheck.title,
      why: noHealthCheck.proves,
      kind: "edge",
      hosts: ["client"],
      recognised: {
        by: "look",
        judge({ servers }) {
          let unseen = false;
          for (const { service } of subjects) {
            const director = service && servers.get(holderOf(lab, service.vip));
            if (!service || !director) {
              unseen = true;
              continue;
            }
            for (const real of poolOf(service)) {
              const look = servers.get(real.server);
              unseen ||= look === undefined;
              if (look && !serves(look, service, real.server) && isInTable(director, service, real))
                return {
                  state: "reached",
                  seen: `nobody serves on ${real.server}, and the table still sends requests there`,
                  wrong: [],
                };
            }
          }
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
        commands: one.commands.filter((command) => !command.startsWith("npx lvs-lab ")),
      })),
      solution: checkByHand(context, noHealthCheck, first, (command) => !isUndo(command)),
      undo: checkByHand(context, noHealthCheck, first, isUndo),
    };
  },
};
