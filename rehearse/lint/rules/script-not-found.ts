import { posix } from "node:path";
import { nearest } from "../../../lab/yaml/nearest.ts";
import type { Rule, Subject } from "../rule.ts";
import { interpreterOf, startedFile } from "../scripts.ts";

export const scriptNotFound: Rule = {
  id: "script-not-found",
  title: "a script that the folder has under another name",
  level: "error",
  why:
    "keepalived leaves out a script that it does not find, with a line in its log: what the script would check is not checked, and what it would do is " +
    "not done.",
  source:
    "vrrp_script_handler's check_script_secure() in keepalived's lib/notify.c; check_vrrp_script_security() in vrrp.c",
  *look(subject) {
    const spare = unusedScripts(subject);
    for (const { commands } of subject.directors)
      for (const command of commands) {
        const { at, owner, words } = command;
        const [program = ""] = words;
        if (!program.includes("/") || startedFile(command, subject.folder)) continue;
        const meant = nearest(posix.basename(program), [...spare.keys()]);
        const file = meant === undefined ? undefined : spare.get(meant);
        if (file !== undefined)
          yield {
            at,
            also: [{ file, line: 1 }],
            message: `${program} of ${owner} is not there, and ${file} is`,
            fix: `write the name that the script has: ${posix.join(posix.dirname(program), posix.basename(file))}`,
          };
      }
  },
};

/** The scripts of the folder that no command starts, by their names. */
function unusedScripts({ directors, folder }: Subject): Map<string, string> {
  const used = new Set(
    directors.flatMap(({ commands }) => commands.flatMap((command) => startedFile(command, folder)?.file ?? [])),
  );
  const scripts = folder.texts().filter((file) => interpreterOf(file) !== undefined && !used.has(file.file));
  return new Map(scripts.map(({ file }) => [posix.basename(file), file]));
}
