import type { Rule } from "../rule.ts";
import { startedFile } from "../scripts.ts";

export const scriptPathRelative: Rule = {
  id: "script-path-relative",
  title: "a script without its whole path",
  level: "error",
  why:
    "keepalived looks for a name without a slash in PATH alone, and for another one below its working directory, which is / for a daemon. It does not " +
    "look beside keepalived.conf. A script that it does not find it leaves out, and what the script would check is not checked.",
  source: "find_path() and check_script_secure() in keepalived's lib/notify.c; xdaemon() in core/daemon.c",
  *look({ directors, folder }) {
    for (const { commands } of directors)
      for (const command of commands) {
        const [program = ""] = command.words;
        if (program === "" || program.startsWith("/") || program.startsWith("<")) continue;
        const file = startedFile(command, folder);
        // A name without a slash that is no file here may be a program in PATH.
        if (!file && !program.includes("/")) continue;
        yield {
          at: command.at,
          message: program.includes("/")
            ? `${command.owner} runs \`${program}\`, which keepalived looks for below its working directory`
            : `${command.owner} runs \`${program}\`, which keepalived looks for in PATH, not beside ${command.at.file}`,
          fix: `write its whole path, such as /etc/keepalived/${program.replace(/^(?:\.?\.\/)+/, "")}`,
        };
      }
  },
};
