/** Quotes a word for any POSIX shell. `bashQuote` writes bash's `$'…'`. */
export const posixQuote = (word: string): string =>
  /^[\w+:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`;
