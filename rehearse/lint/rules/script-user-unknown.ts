import { last, type Statement } from "../../conf/tree.ts";
import { isSet } from "../../directors/director.ts";
import type { Rule } from "../rule.ts";

export const scriptUserUnknown: Rule = {
  id: "script-user-unknown",
  title: "enable_script_security without a user for the scripts",
  level: "note",
  why:
    "Without script_user keepalived runs scripts as the user keepalived_script, which packages do not make everywhere. With " +
    "enable_script_security it does not fall back to root: it leaves the scripts out.",
  source: "get_default_script_user() in keepalived's lib/notify.c; keepalived.conf(5), script_user",
  *look({ directors }) {
    for (const director of directors) {
      const { name, settings, commands } = director;
      const at = isSet(director, "enable_script_security");
      const first = commands.find(({ behind }) => behind.length === 0);
      if (at && first && !last(settings, "script_user") && !haveUsers(director.configuration.statements))
        yield {
          at,
          also: [first.at],
          message: `if ${name} has no user keepalived_script, it leaves out ${first.owner} and all other scripts`,
          fix: "write script_user into global_defs, such as `script_user root` or `script_user nobody`",
        };
    }
  },
};

/** Whether scripts or checks name users of their own. */
const haveUsers = (statements: readonly Statement[]): boolean =>
  statements.some(({ keyword, block }) => keyword === "user" || haveUsers(block ?? []));
