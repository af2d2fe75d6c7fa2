import { posixQuote } from "../posix-quote.ts";

/** A command line for people: values are quoted where a shell needs it; an array becomes several words. */
export function typed(pieces: TemplateStringsArray, ...values: (string | readonly string[])[]): string {
  const words = (value: string | readonly string[]): string => [value].flat().map(posixQuote).join(" ");
  return String.raw({ raw: pieces }, ...values.map(words));
}

/** Commands of a unit, found on PATH. systemd.service(5) wants paths, and a `-` before a command that may fail. */
export const typedUnit = (lines: readonly string[]): string[] =>
  lines.map((line) => line.replace(/^-?(\/usr)?\/s?bin\//, ""));

/** A command that writes a file: `echo` for a plain line, a here-document for more. */
export function typedFile(path: string, content: string): string {
  const lines = content.split("\n");
  // The last line has no newline, which neither can write.
  if (lines.pop() !== "") return typed`printf %s ${content} >${path}`;
  const [line = ""] = lines;
  // echo would take what begins with - for an option.
  if (lines.length === 1 && /^\w[ -~]*$/.test(line)) return typed`echo ${line} >${path}`;
  let end = "END";
  while (lines.includes(end)) end += "_";
  return `${typed`cat >${path}`} <<'${end}'\n${content}${end}`;
}

/** `one`, `one and two`, `one, two and three`. */
export const listed = (words: readonly string[]): string =>
  words.length < 2 ? words.join("") : `${words.slice(0, -1).join(", ")} and ${words.at(-1)}`;
