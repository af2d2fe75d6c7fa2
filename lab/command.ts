import { z } from "zod";
import { property } from "./yaml/schema.ts";

/** The longest command, in characters: keepalived reads lines of 1023, and a quoted character may take four. */
const longestCommand = 240;

/** What `command` takes, for error messages. */
export const commandExpected = `a command, a text without quotes or a list of words, up to ${longestCommand} characters, whose program is a full path`;

/** @param example a property with a right command */
export const commandRemedy = (example: string) => (value: unknown) => {
  if (typeof value === "string" && /["'\\]/.test(value)) return `write it as a list: \`["/bin/sh", "-c", "…"]\``;
  if (typeof value === "string" && !value.startsWith("/"))
    return `write the program's full path: \`${example}\`; keepalived ignores a command that it does not find`;
  return `write \`${example}\`; other braces, and $_, mean something else in keepalived.conf`;
};

/**
 * A command: its words as a list, or as a text with blanks between them; never a shell's. Braces are left out, and words that begin like `$_PWD`:
 * keepalived 2.2.7 takes them for blocks and for parameters, also inside quotes. So are double quotes, of which it wants an even number in a line,
 * whether they are escaped or not (lib/parser.c).
 * @param places names for which `{NAME}` may stand in it, with the most characters that come in its place
 */
export function command(places: Readonly<Record<string, number>> = {}) {
  const names = Object.keys(places);
  const named = names.length > 0 ? `|\\{(?:${names.join("|")})\\}` : "";
  const text = z
    .string()
    .regex(new RegExp(`^(?:[^{}"\\p{C}]${named})*$`, "u"))
    .refine((value) => !value.includes("$_"));
  // As long as it may be once the places are filled in.
  const isShort = (whole: string): boolean =>
    whole.replace(/\{(\w+)\}/g, (_, name: string) => "_".repeat(places[name] ?? 0)).length <= longestCommand;
  const word = property(
    text,
    "a word without double quotes, braces, control characters and $_, which keepalived.conf takes for something else",
    (value) =>
      typeof value === "string" && value.includes('"')
        ? "write single quotes"
        : "put it into a script of your own, and call that",
  );
  const asList = z
    .array(word)
    .min(1)
    .refine(([program = "", ...rest]) => program.startsWith("/") && isShort([program, ...rest].join(" ")));
  const asText = text.refine((value) => /^\/[^'\\]*$/.test(value) && isShort(value));
  return z.union([asText, asList]);
}

/** The words of a command. */
export const wordsOf = (given: string | readonly string[]): readonly string[] =>
  typeof given === "string" ? given.split(" ").filter((text) => text !== "") : given;

/** A command as one word of keepalived.conf, in which each word with blanks, quotes or backslashes is quoted (keepalived's lib/parser.c). */
export const quotedCommand = (words: readonly string[]): string => {
  const quoted = words.map((word) => {
    if (/^[^\s'"\\]+$/.test(word)) return word;
    return /['\\]/.test(word) ? word.replace(/[\s'"\\]/g, "\\$&") : `'${word}'`;
  });
  return `"${quoted.join(" ").replace(/["\\]/g, "\\$&")}"`;
};
