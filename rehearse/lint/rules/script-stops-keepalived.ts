import type { Place } from "../../conf/place.ts";
import type { Command } from "../../directors/command.ts";
import type { Rule } from "../rule.ts";
import { isShellScript, scriptOf } from "../scripts.ts";
import { listed } from "../words.ts";

export const scriptStopsKeepalived: Rule = {
  id: "script-stops-keepalived",
  title: "a tracked script that stops keepalived instead of failing",
  level: "warning",
  why:
    "Stopping keepalived gives up all of its addresses and virtual servers, those of other instances too, and nothing starts it again when the service is " +
    "back. A script that ends with another status than 0 does what is meant, and undoes it by itself.",
  source: "keepalived.conf(5), vrrp_script; keepalived(8)",
  *look({ directors, folder }) {
    const uses = new Map<string, { at: Place; command: Command; names: string[] }>();
    for (const { name, commands } of directors)
      for (const command of commands) {
        const file = command.decides ? scriptOf(command, folder) : undefined;
        if (!file || !isShellScript(file)) continue;
        const line = file.text.split("\n").findIndex((text) => stops.test(text.replace(/(^|\s)#.*/, "")));
        const known = uses.get(file.file);
        if (known && !known.names.includes(name)) known.names.push(name);
        else if (line >= 0 && !known)
          uses.set(file.file, { at: { file: file.file, line: line + 1 }, command, names: [name] });
      }
    for (const { at, command, names } of uses.values())
      yield {
        at,
        also: [command.at],
        message: `${at.file} of ${command.owner} stops keepalived of ${listed(names)}, and nothing starts it again`,
        fix: "write `exit 1` there, and `exit 0` where all is well",
      };
  },
};

/** The usual ways to stop keepalived by a command. */
const stops =
  /\b(systemctl\s+(stop|kill)\s+keepalived|service\s+keepalived\s+stop|init\.d\/keepalived\s+stop|(killall|pkill)(\s+-\S+)*\s+keepalived)\b/;
