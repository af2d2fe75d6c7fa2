import type { Rule } from "../rule.ts";

export const unreadable: Rule = {
  id: "unreadable",
  title: "a line that cannot be read as it is meant",
  level: "error",
  why:
    "Other rules see only what is read. keepalived goes on after an include that finds no file, and starts without what is in it; after a brace too " +
    "many or too few it takes the rest of the file for something else.",
  source: "keepalived.conf(5), DESCRIPTION; lib/parser.c of keepalived 2.2.7",
  *look({ folder }) {
    for (const { unread } of folder.configurations)
      for (const { file, line, message, fix, level } of unread)
        yield { at: { file, line }, message, fix, ...(level ? { level } : {}) };
  },
};
