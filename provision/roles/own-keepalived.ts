import { z } from "zod";
import { osFamilies } from "../os.ts";
import { defineResource } from "../resource.ts";
import { command, connectTo, type Section, serverRef, writing } from "../ssh/index.ts";
import { serviceAnswers, serviceQuestions, serviceState, startService } from "./service.ts";

const file = z.object({ text: z.string(), executable: z.boolean() });

/** keepalived with files of one's own, as they are. */
export const ownKeepalived = defineResource({
  type: "OwnKeepalived",
  summary: "A director under keepalived with a configuration of one's own: its files as they are.",
  where: z.object({ server: serverRef }),
  want: z.object({
    /** The files by their paths: keepalived.conf, what it includes, the scripts that it calls. Secret: passwords are in them. */
    files: z.record(z.string(), file),
    /** Other files below /etc/keepalived, such as those of an earlier configuration. */
    others: z.array(z.string()).max(0).default([]),
    /** What `@NAME` lines are compared with: keepalived(8), --config-id. */
    configId: z.string(),
    ...serviceState,
  }),

  async observe({ server: ref, files }) {
    const { service } = osFamilies[ref.os].keepalived;
    const paths = Object.keys(files);
    const server = await connectTo(ref);
    const seen = await server.look({
      ...Object.fromEntries(paths.map((path, index) => [`file${index}`, command`cat ${path}`])),
      executable: command`for file in ${paths}; do [ ! -x "$file" ] || echo "$file"; done`,
      all: command`find ${HOME} -type f`,
      options: command`cat ${DEFAULTS}`,
      ...serviceQuestions(service),
    });
    const sections: Readonly<Record<string, Section>> = seen;
    const executable = new Set(seen.executable.text.split("\n"));
    const there = paths.flatMap((path, index) => {
      const section = sections[`file${index}`];
      return section?.code === 0 ? [[path, { text: section.text, executable: executable.has(path) }]] : [];
    });
    return {
      files: Object.fromEntries(there),
      others: seen.all.text
        .split("\n")
        .filter((path) => path !== "" && !paths.includes(path))
        .sort(),
      configId: /--config-id=([^\s"]+)/.exec(seen.options.text)?.[1] ?? "",
      ...serviceAnswers(seen),
    };
  },

  async apply({ server: ref, files, configId }, observed, progress) {
    const { service } = osFamilies[ref.os].keepalived;
    progress("its own keepalived.conf");
    const server = await connectTo(ref);
    const placed = Object.entries(files).map(
      ([path, { text, executable }]) =>
        `${command`mkdir -p ${path.replace(/\/[^/]*$/, "") || "/"}`}\n${writing(path, text)}\n${command`chmod ${executable ? "0755" : "0644"} ${path}`}`,
    );
    const script = [
      "set -e",
      ...(observed?.others?.length ? [command`rm -f ${observed.others}`] : []),
      ...placed,
      writing(DEFAULTS, `DAEMON_ARGS="--config-id=${configId}"\n`),
      startService(service, observed, "restart"),
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
