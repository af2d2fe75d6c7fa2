import { z } from "zod";
import { isAskedBy, isDirectorUnder } from "../../lab/index.ts";
import { osFamilies } from "../os.ts";
import { defineResource } from "../resource.ts";
import { command, connectTo, serverRef, writing } from "../ssh/index.ts";
import { defineRole } from "./role.ts";
import { retire, serviceAnswers, serviceQuestion, serviceState, startService, typedStart } from "./service.ts";
import { typedFile } from "./typed.ts";

/**
 * An MTA that delivers to the mailboxes of the server's own users. A director's listens on the loopback alone and gets keepalived's mail; a real server's
 * listens on all addresses, where a health check asks for it.
 */
export const mail = defineResource({
  type: "Mail",
  summary:
    "An MTA on port 25: of the loopback, for keepalived's notices to root; of all addresses, where a health check asks by SMTP.",
  where: z.object({ server: serverRef }),
  want: z.object({
    /** The MTA's full configuration file. */
    config: z.string(),
    ...serviceState,
  }),

  async observe({ server: ref }) {
    const { service, config: path } = osFamilies[ref.os].mail;
    const server = await connectTo(ref);
    const seen = await server.look({ config: command`cat ${path}`, ...serviceQuestion(service) });
    return { config: seen.config.text, ...serviceAnswers(seen) };
  },

  async apply({ server: ref, config }, observed, progress) {
    const { service, config: path } = osFamilies[ref.os].mail;
    const server = await connectTo(ref);
    progress(`starting ${service}`);
    const same = observed?.config === config;
    await server.script(
      [...(same ? [] : [writing(path, config)]), startService(service, observed, same ? "start" : "restart")].join(
        " && ",
      ),
    );
  },

  async remove({ server: ref }) {
    await retire(await connectTo(ref), osFamilies[ref.os].mail.service);
  },
});

export const role = defineRole({
  resource: mail,

  inputsOf(lab, server) {
    const { configText } = osFamilies[server.os].mail;
    if (isAskedBy(lab, server.name, "smtp")) return { config: configText("everywhere") };
    return isDirectorUnder("keepalived", lab, server) ? { config: configText("itself") } : undefined;
  },

  packageGroups: () => ["mail"],

  byHand: ({ config }, { server: { os } }) => ({
    steps: [
      {
        why:
          config === osFamilies[os].mail.configText("itself")
            ? "An MTA that listens on the loopback alone: keepalived's notices go to root's mailbox."
            : "An MTA that listens on all addresses: the health check asks for it. Mail to the server's own users goes to their mailboxes.",
        commands: [
          typedFile(osFamilies[os].mail.config, config),
          ...typedStart(osFamilies[os].mail.service, "restart"),
        ],
        check: config === osFamilies[os].mail.configText("itself") ? "mail" : "smtp-answer",
      },
    ],
  }),
});
