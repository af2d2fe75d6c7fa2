import { z } from "zod";
import { osFamilies } from "../os.ts";
import { defineResource, differences } from "../resource.ts";
import { command, connectTo, type Section, serverRef } from "../ssh/index.ts";
import { accountAnswers, accountQuestions, accountsState, makingAccounts } from "./accounts.ts";
import { fileAnswers, fileQuestions, ownFile, placing } from "./own-files.ts";
import { retire, startService } from "./service.ts";

/** What runs on a director beside keepalived, such as the proxy that its script looks for, with files of one's own. */
export const ownServices = defineResource({
  type: "OwnServices",
  summary: "Services beside keepalived on a director, such as haproxy, with files of one's own.",
  where: z.object({ server: serverRef }),
  want: z.object({
    /** The files by their paths. Secret: keys may be among them. */
    files: z.record(z.string(), ownFile),
    /** Units of systemd that run, and are started at boot. */
    services: z.array(z.string()).default([]),
    ...accountsState,
  }),

  async observe({ server: ref, files, services, ...accounts }) {
    const seen: Readonly<Record<string, Section>> & Record<"users" | "groups", Section> = await (
      await connectTo(ref)
    ).look({
      ...fileQuestions(files),
      ...accountQuestions,
      ...Object.fromEntries(
        services.map((name, index) => [
          `service${index}`,
          command`systemctl --quiet is-active ${name} && systemctl --quiet is-enabled ${name}`,
        ]),
      ),
    });
    return {
      files: fileAnswers(seen, files),
      services: services.filter((_, index) => seen[`service${index}`]?.code === 0),
      ...accountAnswers(seen, accounts),
    };
  },

  async apply({ server: ref, files, services, ...accounts }, observed, progress) {
    progress(services.length > 0 ? `starting ${services.join(", ")}` : "files of its own");
    const changed = Object.entries(files).filter(([path, { text, executable }]) => {
      const there = observed?.files?.[path];
      return there?.text !== text || there.executable !== executable;
    });
    const others = differences(Object.keys(accountsState), accounts, { users: [], groups: [], ...observed });
    const verb = changed.length + others.length > 0 ? "restart" : "start";
    await (await connectTo(ref)).script(
      [
        "set -e",
        ...makingAccounts(accounts, observed),
        ...placing(Object.fromEntries(changed)),
        "systemctl daemon-reload",
        ...services.map(
          (name) =>
            `${startService(name, undefined, verb)} || { ${command`journalctl --no-pager --lines 20 --output cat --unit ${name}`} >&2; exit 1; }`,
        ),
        // It looks users up when it starts, and its own resource finds them as they are wanted.
        ...(others.length > 0 ? [command`systemctl try-restart ${osFamilies[ref.os].keepalived.service}`] : []),
      ].join("\n"),
    );
  },

  /** The files stay: most are a package's, which does nothing once its service is stopped. */
  async remove({ server: ref, services }) {
    const server = await connectTo(ref);
    for (const name of services) await retire(server, name);
  },
});
