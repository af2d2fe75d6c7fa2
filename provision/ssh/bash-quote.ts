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

/**
 * Quotes a word for bash on one line: `$'…'`, unless it needs no quotes. zx has the same function, but loading zx would double the start-up
 * time.
 */
export const bashQuote = (word: string): string =>
  /^[\w/.@:=-]+$/.test(word)
    ? word
    : `$'${word.replace(/[\\'\f\n\r\t\v\0]/g, (character) => escapes[character] ?? "")}'`;
