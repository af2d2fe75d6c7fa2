import { z } from "zod";
import { osFamilies } from "../os.ts";
import { defineResource } from "../resource.ts";
import { command, connectTo, serverRef, writing } from "../ssh/index.ts";
import { accountAnswers, accountQuestions, accountsState, makingAccounts } from "./accounts.ts";
import { fileAnswers, fileQuestions, ownFile, placing } from "./own-files.ts";
import { serviceAnswers, serviceQuestion, serviceState, startService } from "./service.ts";

/** keepalived with files of one's own, as they are. */
export const ownKeepalived = defineResource({
  type: "OwnKeepalived",
  summary: "A director under keepalived with a configuration of one's own: its files as they are.",
  where: z.object({ server: serverRef }),
  want: z.object({
    /** The files by their paths: keepalived.conf, what it includes, the scripts that it calls. Secret: passwords are in them. */
    files: z.record(z.string(), ownFile),
    /**
     * Other files below /etc/keepalived that are of no package, such as those of an earlier configuration. keepalived 2.3 does not start without its
     * package's own keepalived.config-opts.
     */
    others: z.array(z.string()).max(0).default([]),
    ...accountsState,
    /** What `@NAME` lines are compared with: keepalived(8), --config-id. */
    configId: z.string(),
    ...serviceState,
  }),

  async observe({ server: ref, files, users, groups }) {
    const { service, packages } = osFamilies[ref.os].keepalived;
    const server = await connectTo(ref);
    const seen = await server.look({
      ...fileQuestions(files),
      all: command`find ${HOME} -type f`,
      packaged: command`dpkg-query --listfiles ${packages}`,
      options: command`cat ${DEFAULTS}`,
      ...accountQuestions,
      ...serviceQuestion(service),
    });
    const known = [...Object.keys(files), ...seen.packaged.text.split("\n")];
    return {
      files: fileAnswers(seen, files),
      others: seen.all.text
        .split("\n")
        .filter((path) => path !== "" && !known.includes(path))
        .sort(),
      ...accountAnswers(seen, { users, groups }),
      configId: /--config-id=([^\s"]+)/.exec(seen.options.text)?.[1] ?? "",
      ...serviceAnswers(seen),
    };
  },

  async apply({ server: ref, files, users, groups, configId }, observed, progress) {
    const { service } = osFamilies[ref.os].keepalived;
    progress("its own keepalived.conf");
    const server = await connectTo(ref);
    const script = [
      "set -e",
      ...(observed?.others?.length ? [command`rm -f ${observed.others}`] : []),
      ...makingAccounts({ users, groups }, observed),
      ...placing(files),
      writing(DEFAULTS, `DAEMON_ARGS="--config-id=${configId}"\n`),
      // systemctl says only that it has failed.
      `${startService(service, observed, "restart")} || { ${configTest} >&2; exit 1; }`,
    ];
    await server.script(script.join("\n"));
  },

  async remove({ server: ref }) {
    const { service } = osFamilies[ref.os].keepalived;
    await (await connectTo(ref)).run`systemctl disable --now ${service}`;
  },
});

/** The directory of keepalived's configuration. */
const HOME = "/etc/keepalived";

/** Where Debian's keepalived.service takes its options from: EnvironmentFile= of the unit. */
const DEFAULTS = "/etc/default/keepalived";

/** A command that prints what keepalived says of the files, with the options of the service: keepalived(8), --config-test. */
export const configTest = `. ${DEFAULTS}; keepalived --config-test $DAEMON_ARGS 2>&1`;
