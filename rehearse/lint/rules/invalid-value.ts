import { nearest } from "../../../lab/yaml/nearest.ts";
import { commandWordsOf } from "../../conf/text.ts";
import { isFraction, oneWord, type Value, valueFor } from "../../conf/values.ts";
import { everyStatement, type Placed } from "../../conf/walk.ts";
import type { Found, Rule } from "../rule.ts";
import { haveVersion } from "../words.ts";

/** What keepalived makes of a word. */
function madeOf({ choices, byDefault, taken, takenSince }: Value, word: string): string {
  const instead = taken(word);
  if (instead === undefined || choices) return `ignores ${word}${byDefault ? `: the default is ${byDefault}` : ""}`;
  if (instead === word) return `complains of ${word}, and takes it`;
  const [version, newer] = takenSince?.(word) ?? [];
  return `takes ${word} for ${instead}${version === undefined ? "" : `, and from ${version} on for ${newer}`}`;
}

function fixFor({ what, choices = [], isRight }: Value, word: string): string {
  const [number = ""] = /^\d+(?:\.\d+)?/.exec(word) ?? [];
  const meant =
    choices.find((choice) => choice.toLowerCase() === word.toLowerCase()) ??
    nearest(word, choices) ??
    (isRight(number) ? number : undefined);
  return `write ${meant ?? what}`;
}

/** What has a value that keepalived does not take. */
function* lookAt({ at, kind, around }: Placed): Iterable<Found> {
  const { keyword, words } = at;
  const value = valueFor(around?.keyword ?? "", keyword);
  const place = `${around?.keyword ?? ""}/${keyword}`;
  const [word] = words;
  if ((kind === "value" || kind === "word") && word === undefined)
    yield {
      at,
      message: `${keyword} has no value, and keepalived ${kind === "word" ? "ignores the line" : "does not start"}`,
      fix: value ? `write ${value.what}` : "write its value, or remove the line",
    };
  else if (value?.fractionsSince && word !== undefined && isFraction(word))
    yield {
      at,
      level: "warning",
      message: `keepalived takes fractions for ${keyword} since version ${value.fractionsSince}; before, ${word} is ${Math.max(1, Math.trunc(Number(word)))}`,
      fix: `write whole seconds, or ${haveVersion}`,
    };
  else if (commandWordsOf(at.text).length > 2 && oneWord[place])
    yield {
      at,
      message: `keepalived reads one word behind ${keyword}, and ${oneWord[place]}`,
      fix: `write one word${keyword === "regex" ? ", in quotes if it has blanks" : ": the address"}`,
    };
  else if (kind !== undefined && value)
    for (const each of value.each ? words : words.slice(0, 1))
      if (!value.isRight(each))
        yield {
          at,
          message: `${keyword} takes ${value.what}; keepalived ${madeOf(value, each)}`,
          fix: fixFor(value, each),
        };
}

export const invalidValue: Rule = {
  id: "invalid-value",
  title: "a value that keepalived does not take",
  level: "error",
  why:
    "keepalived starts all the same and goes on with its default, or with another number: the digits that the word begins with. A line without the value " +
    "that belongs to it is worse: keepalived does not start.",
  source: "read_unsigned_func() and its like in keepalived's lib/parser.c; keepalived.conf(5)",
  *look({ folder }) {
    for (const { written } of folder.configurations) for (const one of everyStatement(written)) yield* lookAt(one);
  },
};
