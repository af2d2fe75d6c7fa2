/** Blanks, as keepalived's lib/parser.c has them. */
const blank = /[ \t]+/y;

/**
 * A line without its comment and without the blanks around it: keepalived.conf(5), "DESCRIPTION"; decomment() of keepalived 2.2.7's lib/parser.c.
 * A comment begins with # or !, unless it is inside double quotes or after a backslash. A line that ends with a backslash keeps it.
 */
export function withoutComment(line: string): string {
  let text = line.replace(/^[ \t]+/, "");
  let quoted = false;
  let comment: number | undefined;
  let continued = false;
  for (let at = 0; at < text.length; at++) {
    const character = text[at];
    if (character === '"') {
      if (comment === undefined) quoted = !quoted;
    } else if (character === "\\") {
      if (at + 1 === text.length) {
        text = text.slice(0, at);
        continued = true;
      } else if (!quoted && /[#!]/.test(text[at + 1] as string)) text = text.slice(0, at) + text.slice(at + 1);
      else at++;
    } else if ((character === "#" || character === "!") && !quoted) comment ??= at;
  }
  const kept = (comment === undefined ? text : text.slice(0, comment)).replace(/[ \t]+$/, "");
  return continued ? `${kept}\\` : kept;
}

/** The words of a line: separated by blanks; a word in double quotes ends at the next one. alloc_strvec_r() of keepalived's lib/parser.c. */
export function wordsOf(line: string): string[] {
  return [...line.matchAll(/"([^"]*)(?:"|$)|[^ \t\r\n"]+/g)].map(([whole, quoted]) => quoted ?? whole);
}

/** A line cut at the braces outside of double quotes: each brace is a part of its own. */
export function partsOf(line: string): string[] {
  return (line.match(/[{}]|(?:[^{}"]|"[^"]*(?:"|$))+/g) ?? []).map((part) => part.trim()).filter((part) => part !== "");
}

/**
 * The words of a command, as keepalived cuts them before it runs the program without a shell: alloc_strvec_quoted_escaped() of keepalived's
 * lib/parser.c. Both kinds of quotes group words, a backslash takes away the meaning of the next character.
 */
export function commandWordsOf(command: string): string[] {
  const words: string[] = [];
  let at = 0;
  for (;;) {
    blank.lastIndex = at;
    if (blank.test(command)) at = blank.lastIndex;
    if (at >= command.length) return words;
    let word = "";
    let quote = "";
    for (; at < command.length; at++) {
      const character = command[at] as string;
      if (character === "\\" && at + 1 < command.length) word += command[++at];
      else if (quote !== "") {
        if (character === quote) quote = "";
        else word += character;
      } else if (character === '"' || character === "'") quote = character;
      else if (/\s/.test(character)) break;
      else word += character;
    }
    words.push(word);
  }
}
