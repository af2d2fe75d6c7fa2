import type { Command } from "../../directors/command.ts";
import type { Rule } from "../rule.ts";
import { shellTextIn } from "../scripts.ts";

export const commandNeedsShell: Rule = {
  id: "command-needs-shell",
  title: "a command that is written for a shell",
  level: "error",
  why:
    "keepalived cuts a command into words and runs the program by execve(2), without a shell. Pipes, redirections, && and ||, $(…) and wildcards " +
    "reach the program as arguments; what is behind them is not run.",
  source:
    "system_call_script() and set_script_params_array() in keepalived's lib/notify.c; keepalived.conf(5), vrrp_script",
  *look({ directors }) {
    for (const { commands } of directors)
      for (const command of commands) {
        const words = forShell(command);
        if (words.length > 0)
          yield {
            at: command.at,
            message: `the command of ${command.owner} has ${words.map((word) => `\`${word}\``).join(", ")}, but no shell runs it`,
            fix: "put it into a script that begins with #!/bin/sh, or write \"/usr/bin/sh -c '…'\"",
          };
      }
  },
};

/** The words that only a shell would understand. */
function forShell(command: Command): string[] {
  const { words } = command;
  // `</FILE` alone is a test whether the file can be opened: check_script_secure() in lib/notify.c.
  if (words[0]?.startsWith("<")) return [];
  const text = shellTextIn(command);
  const found = words.filter((word, index) => index !== text && !takesPattern(words, index) && isForShell(word));
  return [...new Set(found)];
}

const isForShell = (word: string): boolean =>
  /^(?:\|\|?|&&?|;)$/.test(word) ||
  /^\S+;$/.test(word) ||
  /^(?:\d?|&)(?:>>?|<)(?:&\d|[/\w.~-]\S*)?$/.test(word) ||
  /^[^\s'"]*\$\(|^`/.test(word) ||
  /^\/\S*\/[^\s]*\*/.test(word);

/** Programs with patterns or scripts of their own among their arguments. */
const withPatterns =
  /^(?:[ef]?grep|zgrep|pgrep|pkill|sed|g?awk|mawk|perl|python\d?|expr|find|ssh|php|ruby|lua|mysql|psql|jq)$/;

/** Whether a word may be a pattern or a program of its own: an argument of such a program. Operators by themselves are none. */
const takesPattern = (words: readonly string[], index: number): boolean =>
  words.slice(0, index).some((word) => withPatterns.test(word.replace(/^.*\//, ""))) &&
  !/^(?:\|\|?|&&?|(?:\d?|&)>>?\S*|\d?>&\d)$/.test(words[index] ?? "");
