import { last } from "../../conf/tree.ts";
import type { Command } from "../../directors/command.ts";
import type { Director } from "../../directors/director.ts";
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
    for (const director of directors)
      for (const command of director.commands) {
        const { at, owner, words } = command;
        const [program = ""] = words;
        const [, folder] = /^(\/s?bin|\/lib\w*)\//.exec(program) ?? [];
        if (folder !== undefined && isByRoot(command, director))
          yield {
            at,
            message: `${owner} never runs from keepalived 2.3 on, where ${folder} is a link to /usr${folder}, as on Debian 13`,
            fix: `write /usr${program}`,
          };
      }
  },
};

/** Whether root runs it: keepalived's own default, but for a user keepalived_script where there is one. */
function isByRoot({ behind, user, decides }: Command, { settings }: Director): boolean {
  const [named] = decides ? [] : behind;
  return (user ?? named ?? last(settings, "script_user")?.words[0] ?? "root") === "root";
}
