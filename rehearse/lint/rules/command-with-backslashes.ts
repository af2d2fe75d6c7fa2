import type { Rule } from "../rule.ts";

export const commandWithBackslashes: Rule = {
  id: "command-with-backslashes",
  title: "a command of which keepalived 2.2 and 2.3 make different words",
  level: "warning",
  why:
    "keepalived 2.2 takes backslashes away twice: when it reads the line, and when it cuts the command into words. From 2.3.2 on it takes them away " +
    'once, so that a quote behind a backslash, `\\"`, groups words no longer. A script that worked on Debian 12 then fails on Debian 13, or the other way ' +
    "round. Neither version says so.",
  source:
    "alloc_strvec_quoted_escaped() and alloc_strvec_quoted() in keepalived's lib/parser.c, set_script_params_array() in lib/notify.c; seen on 2.2.7 and 2.3.3",
  *look({ directors }) {
    for (const { commands } of directors)
      for (const { at, owner, words, newerWords } of commands) {
        const [older, newer] = [shown(words), shown(newerWords)];
        if (older !== newer)
          yield {
            at,
            message: `${owner} runs ${older} by keepalived 2.2, and ${newer} from 2.3.2 on`,
            fix: "write it without backslashes: single quotes group words for both; or put it into a script",
          };
      }
  },
};

/** Each word in quotes, as keepalived's log shows a command. */
const shown = (words: readonly string[]): string =>
  words.length === 0 ? "nothing" : words.map((word) => `'${word}'`).join(" ");
