/** A word for any POSIX shell; zx's `quote` writes bash's `$'…'`. */
export const posixQuote = (word: string): string =>
  /^[\w+:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`;
