import type { Command } from "../../directors/command.ts";
import type { Folder } from "../../folder.ts";
import type { Found, Rule } from "../rule.ts";
import { isShellScript, scriptOf, shellTextIn } from "../scripts.ts";
import { readShellScript } from "../shell.ts";

export const scriptEchoes: Rule = {
  id: "script-echoes",
  title: "a script that prints what it finds and always exits with 0",
  level: "error",
  why:
    "keepalived looks at the exit status alone, and sends what a script prints to /dev/null. A script that ends with echo succeeds always, " +
    "whatever it has found: the instance or the real server is never taken for failed.",
  source:
    "keepalived.conf(5), vrrp_script; system_call_script() in keepalived's lib/notify.c; issue acassen/keepalived#2103",
  *look({ directors, folder }) {
    for (const { commands } of directors)
      for (const command of commands) if (command.decides) yield* echoIn(command, folder);
  },
};

function* echoIn(command: Command, folder: Folder): Iterable<Found> {
  const file = scriptOf(command, folder);
  const text = file ? (isShellScript(file) ? file.text : undefined) : inlineText(command);
  const script = text === undefined ? undefined : readShellScript(text);
  const [first, second] = script?.echoes ?? [];
  if (!script?.alwaysSucceeds || first === undefined) return;
  const shown = (line: number) => text?.split("\n")[line - 1]?.trim() ?? "";
  yield {
    at: file ? { file: file.file, line: first } : command.at,
    ...(file ? { also: [command.at] } : {}),
    message:
      `${file?.file ?? "the command"} of ${command.owner} ends with 0 whatever it finds; ` +
      `\`${shown(first)}\` ${second === undefined || second === first ? "is" : "and its like are"} not seen by keepalived`,
    fix: "write `exit 0` where all is well, and `exit 1` where it is not",
  };
}

/** What a command without a script of the folder runs in the shell's language: `sh -c TEXT`, or an echo alone. */
const inlineText = (command: Command): string | undefined =>
  command.words[shellTextIn(command)] ??
  (/^(?:\/(?:usr\/)?bin\/)?(?:echo|printf)$/.test(command.words[0] ?? "") ? command.words.join(" ") : undefined);
