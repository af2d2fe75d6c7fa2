import { z } from "zod";
import { osFamilies } from "../os.ts";
import { defineResource } from "../resource.ts";
import { command, connectTo, serverRef, writing } from "../ssh/index.ts";
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
    /** Users as whom it runs scripts: made as system accounts where they are not there, and removed where they are no longer wanted. */
    users: z.array(z.string()).default([]),
    /** Groups as which it runs scripts: made where they are not there. */
    groups: z.array(z.string()).default([]),
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
      users: "getent passwd",
      groups: command`for group in ${groups}; do getent group "$group"; done`,
      ...serviceQuestion(service),
    });
    const known = [...Object.keys(files), ...seen.packaged.text.split("\n")];
    return {
      files: fileAnswers(seen, files),
      others: seen.all.text
        .split("\n")
        .filter((path) => path !== "" && !known.includes(path))
        .sort(),
      users: [...users.filter((user) => isListed(seen.users.text, user)), ...madeHere(seen.users.text, users)],
      groups: groups.filter((group) => isListed(seen.groups.text, group)),
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
      ...groups.map(groupThere),
      ...users.map(userThere),
      ...(observed?.users ?? [])
        .filter((user) => !users.includes(user))
        .map((user) => command`userdel --force ${user}`),
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

/** Whether an account is among lines of passwd(5) or group(5). */
const isListed = (lines: string, account: string): boolean =>
  lines.split("\n").some((line) => line.startsWith(`${account}:`));

const groupThere = (group: string): string => command`getent group ${group} >/dev/null || groupadd --system ${group}`;

/** A user that may not log in, with a group of its name. */
const userThere = (user: string): string =>
  [
    command`getent passwd ${user} >/dev/null || {`,
    groupThere(user),
    command`useradd --system --gid ${user} --comment ${MARK} --no-create-home --shell /usr/sbin/nologin ${user}`,
    "}",
  ].join("\n");

/** Accounts that this resource has made, but for those that it wants. @param lines of passwd(5) */
const madeHere = (lines: string, wanted: readonly string[]): string[] =>
  lines
    .split("\n")
    .map((line) => line.split(":"))
    .flatMap(([user = "", , , , comment]) => (comment === MARK && !wanted.includes(user) ? [user] : []));

/** The comment in passwd(5) of an account that this resource has made. */
const MARK = "lvs-lab";

/** The directory of keepalived's configuration. */
const HOME = "/etc/keepalived";

/** Where Debian's keepalived.service takes its options from: EnvironmentFile= of the unit. */
const DEFAULTS = "/etc/default/keepalived";

/** A command that prints what keepalived says of the files, with the options of the service: keepalived(8), --config-test. */
export const configTest = `. ${DEFAULTS}; keepalived --config-test $DAEMON_ARGS 2>&1`;
