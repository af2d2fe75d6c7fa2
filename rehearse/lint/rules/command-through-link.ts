import { isByRoot, linkIn } from "../../directors/command.ts";
import type { Rule } from "../rule.ts";

export const commandThroughLink: Rule = {
  id: "command-through-link",
  title: "a command in /bin or /sbin, which keepalived 2.3 does not run",
  level: "warning",
  why:
    "Debian, Ubuntu, Fedora and Enterprise Linux have /bin, /sbin and /lib as links to the folders of these names in /usr. From 2.3.0 on keepalived wants " +
    "each folder in the path of a command that root runs to be a folder, and leaves the command out, with a line in its log: what a script would check is " +
    "not checked, a real server with such a check counts as alive, and nobody is notified. 2.2 follows the link first.",
  source:
    "check_script_secure() and check_security() in keepalived's lib/notify.c, 2.3.0 to 2.4.3; seen on 2.2.7 and 2.3.3; Debian 12's release notes, 5.1.1",
  *look({ directors }) {
    for (const { commands, settings } of directors)
      for (const command of commands) {
        const { at, owner, words } = command;
        const [program = ""] = words;
        const folder = linkIn(words);
        if (folder !== undefined && isByRoot(command, settings))
          yield {
            at,
            message: `${owner} never runs from keepalived 2.3 on, where ${folder} is a link to /usr${folder}, as on Debian 13`,
            fix: `write /usr${program}`,
          };
      }
  },
};
