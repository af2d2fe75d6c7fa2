const escapes: Readonly<Record<string, string>> = {
  "\\": "\\\\",
  "'": "\\'",
  "\f": "\\f",
  "\n": "\\n",
  "\r": "\\r",
  "\t": "\\t",
  "\v": "\\v",
  "\0": "\\0",
};

/** A word for bash, on one line: `$'…'`, unless it needs no quotes. zx has the same; importing zx would take as long as the rest of a command's start. */
export const bashQuote = (word: string): string =>
  /^[\w/.@:=-]+$/.test(word)
    ? word
    : `$'${word.replace(/[\\'\f\n\r\t\v\0]/g, (character) => escapes[character] ?? "")}'`;
