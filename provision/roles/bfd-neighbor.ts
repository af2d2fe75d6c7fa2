import { z } from "zod";
import { bfdSessionsWith } from "../../lab/index.ts";
import { osFamilies } from "../os.ts";
import { defineResource } from "../resource.ts";
import { command, connectTo, serverRef, writing } from "../ssh/index.ts";
import { GENERATED } from "./keepalived-conf.ts";
import { bfdInstance } from "./keepalived-vrrp.ts";
import { defineRole } from "./role.ts";
import { retire, serviceAnswers, serviceQuestion, serviceState, startService, typedStart } from "./service.ts";
import { listed, typedFile } from "./typed.ts";

/** A neighbour of directors in BFD (RFC 5880): a keepalived of which the BFD process alone runs. It takes no part in any election. */
export const bfdNeighbor = defineResource({
  type: "BfdNeighbor",
  summary:
    "The far end of directors' BFD sessions, on a server that is no director: a keepalived with bfd_instance alone.",
  where: z.object({ server: serverRef }),
  want: z.object({
    /** The full keepalived.conf. */
    config: z.string(),
    ...serviceState,
  }),

  async observe({ server: ref }) {
    const { service, config: path } = osFamilies[ref.os].keepalived;
    const server = await connectTo(ref);
    const seen = await server.look({ config: command`cat ${path}`, ...serviceQuestion(service) });
    return { config: seen.config.text, ...serviceAnswers(seen) };
  },

  async apply({ server: ref, config }, observed, progress) {
    const { service, config: path } = osFamilies[ref.os].keepalived;
    const candidate = `${path}.candidate`;
    const same = observed?.config === config;
    progress("keepalived with BFD alone");
    await (await connectTo(ref)).script(
      [
        "set -e",
        // An invalid file never replaces a valid one.
        ...(same
          ? []
          : [
              writing(candidate, config),
              command`keepalived --config-test --use-file ${candidate}`,
              command`mv ${candidate} ${path}`,
            ]),
        startService(service, observed, same ? "start" : "restart"),
      ].join("\n"),
    );
  },

  async remove({ server: ref }) {
    const { service, config } = osFamilies[ref.os].keepalived;
    const server = await connectTo(ref);
    await retire(server, service);
    await server.script(command`rm -f ${config}`);
  },
});

export const role = defineRole({
  resource: bfdNeighbor,

  inputsOf(lab, { name, role: kind }) {
    const sessions = kind === "director" ? [] : bfdSessionsWith(lab, name);
    if (sessions.length === 0) return;
    return { config: `${GENERATED}${sessions.map((session) => `\n${bfdInstance(session)}`).join("")}` };
  },

  packageGroups: () => ["keepalived"],

  byHand({ config }, { server: { os } }) {
    const { service, config: path } = osFamilies[os].keepalived;
    const directors = [...config.matchAll(/^bfd_instance (\S+)/gm)].flatMap(([, name]) => name ?? []);
    return {
      steps: [
        {
          why: `The far end of a BFD session with ${listed(directors)}: by it a director learns within a fraction of a second that it cannot reach this server any more. keepalived does nothing else here.`,
          commands: [
            typedFile(path, config.replace(GENERATED, "")),
            `keepalived --config-test --use-file ${path}`,
            ...typedStart(service, "restart"),
          ],
          check: "bfd-session",
        },
      ],
    };
  },
});
