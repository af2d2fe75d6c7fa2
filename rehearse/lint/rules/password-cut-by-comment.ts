import type { Rule } from "../rule.ts";
import { nameOf } from "../words.ts";

export const passwordCutByComment: Rule = {
  id: "password-cut-by-comment",
  title: "an auth_pass with a # or ! that begins a comment",
  level: "warning",
  why:
    "keepalived takes everything from a # or ! on for a comment, in the middle of a word as well; double quotes keep it, or a backslash before it. What is " +
    "left of the password is short, and two passwords that differ behind it are the same.",
  source: "decomment() in keepalived's lib/parser.c, the same in 2.2.7 and 2.3.3",
  *look({ directors, folder }) {
    const lines = new Map(folder.texts().map(({ file, text }) => [file, text.split("\n")]));
    for (const director of directors)
      for (const instance of director.instances) {
        const at = instance.authentication?.password;
        const line = at && lines.get(at.file)?.[at.line - 1];
        const [, left, sign] = /\bauth_pass[ \t]+([^\s"#!]+)([#!])[^\s"]/.exec(line ?? "") ?? [];
        if (!at || left === undefined || left !== at.words[0]) continue;
        yield {
          at,
          message: `the password of ${nameOf({ director, instance })} ends before its ${sign}: what follows is a comment`,
          fix: "put the password in double quotes, with up to eight characters, on all directors",
        };
      }
  },
};
