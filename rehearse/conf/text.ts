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

/**
 * The words of a line: separated by blanks; a word in double quotes ends at the next one. A quote that does not end takes the rest of the line away.
 * alloc_strvec_r() of keepalived 2.2.7's lib/parser.c.
 */
export function wordsOf(line: string): string[] {
  const words: string[] = [];
  for (const [whole, quoted] of line.matchAll(/"([^"]*)"|"|[^\s"]+/g)) {
    if (whole === '"') break;
    words.push(quoted ?? whole);
  }
  return words;
}

/** A line cut at its first brace outside of double quotes: what is before it, or the brace; and the rest, which keepalived reads as a line of its own. */
export function partsOf(line: string): [part: string, rest: string] {
  const [before = ""] = /^(?:[^{}"]|"[^"]*"|"[^"]*$)*/.exec(line) ?? [];
  const at = before === "" ? Math.min(1, line.length) : before.length;
  return [line.slice(0, at).replace(/[ \t]+$/, ""), line.slice(at).replace(/^[ \t]+|[ \t]+$/g, "")];
}

/** What a letter after a backslash stands for. */
const escapes: Readonly<Record<string, string>> = {
  ...{ a: "\x07", b: "\b", E: "\x1b", f: "\f", n: "\n", r: "\r", t: "\t", v: "\v" },
};

/** A part of a word of a command, where it begins: what is quoted, what a backslash stands for, or other characters. */
const commandPart = /"((?:[^"\\]|\\.)*)"|'((?:[^'\\]|\\.)*)'|((?:[^\s"'\\]|\\x[\da-fA-F]+|\\c.|\\[0-7]{1,3}|\\.)+)/sy;

const unescaped = (text: string): string =>
  text.replace(
    /\\(?:x([\da-fA-F]+)|c(.)|([0-7]{1,3})|(.))/gs,
    (_, hex?: string, control?: string, octal?: string, other?: string) => {
      if (hex !== undefined) return String.fromCharCode(Number.parseInt(hex, 16) & 0xff);
      if (control !== undefined) return String.fromCharCode(control.charCodeAt(0) & 0x1f);
      return octal === undefined
        ? (escapes[other as string] ?? (other as string))
        : String.fromCharCode(Number.parseInt(octal, 8) & 0xff);
    },
  );

/**
 * The words of a command, as keepalived cuts them before it runs the program without a shell: alloc_strvec_quoted_escaped() of keepalived 2.2.7's
 * lib/parser.c. Both kinds of quotes group words, and a backslash escapes in them as well. None if a quote or a backslash has no end.
 * @param options.keepBackslashes cuts it in the same way, and leaves backslashes and what they escape as they are: alloc_strvec_quoted(), from 2.3.2 on
 */
export function commandWordsOf(command: string, { keepBackslashes = false } = {}): string[] {
  const words: string[] = [];
  let at = 0;
  let inWord = false;
  while (at < command.length) {
    if (/\s/.test(command[at] as string)) {
      at++;
      inWord = false;
      continue;
    }
    commandPart.lastIndex = at;
    const [whole, double, single, plain] = commandPart.exec(command) ?? [];
    if (whole === undefined) return [];
    at += whole.length;
    const part = double ?? single ?? (plain as string);
    const text = keepBackslashes ? part : unescaped(part);
    words.push(inWord ? words.pop() + text : text);
    inWord = true;
  }
  return words;
}
