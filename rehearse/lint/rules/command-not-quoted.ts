import type { Command } from "../../directors/command.ts";
import type { Found, Rule } from "../rule.ts";

export const commandNotQuoted: Rule = {
  id: "command-not-quoted",
  title: "a command with arguments and without quotes",
  level: "error",
  why:
    "keepalived takes one word for the command. What follows a vrrp_script's or a MISC_CHECK's is ignored; what follows a notification's is " +
    "its user and group, and without such a user the notification is left out.",
  source:
    "set_script_params_array() and notify_script_init() in keepalived's lib/notify.c; keepalived.conf(5), vrrp_script and notify_master",
  *look({ directors }) {
    for (const { commands } of directors) for (const command of commands) yield* unquoted(command);
  },
};

function* unquoted({ at, owner, words, behind, decides }: Command): Iterable<Found> {
  const [command = ""] = words;
  if (behind.length === 0 || (!decides && areUserAndGroup(behind))) return;
  const lost = behind.join(" ");
  yield {
    at,
    message: decides
      ? `${owner} runs \`${words.join(" ")}\` without \`${lost}\``
      : `${owner} is left out: \`${lost}\` would be the user ${behind.length > 1 ? "and the group " : ""}that runs ${command}`,
    fix: `write \`${at.keyword} "${[...words, ...behind].join(" ")}"\``,
  };
}

const states = ["master", "backup", "fault", "stop", "up", "down", "start", "restart", "reload"];

const areUserAndGroup = (words: readonly string[]): boolean =>
  words.length <= 2 && words.every((word) => /^[a-zA-Z_][\w-]*\$?$/.test(word) && !states.includes(word.toLowerCase()));
