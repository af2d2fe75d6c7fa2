/*
 * Regular expressions that mean the same in JavaScript, by which the lab tries them on its pages, and in PCRE2 10.42, by which keepalived 2.2.7 does:
 * pcre2pattern(3). An expression that PCRE2 does not compile is a line in keepalived's log, not in `keepalived -t`, and leaves its health checker with
 * memory that it has freed (prepare_regex in check_http.c).
 */

/** The longest expression, each character as often as it is repeated: PCRE2 compiles to 64 KiB at most, and takes up to 12 bytes for a character. */
const LONGEST = 4000;

/** A class of characters in a class, such as `\d`, after or before a hyphen: PCRE2 takes it for a range. */
const rangeOfClass = /\\[dDwWsS]-(?!\])|[^[^]-\\[dDwWsS]/;

/** What an expression may consist of, at its place. `{` and `}` are quantifiers, or escaped. */
const tokens: readonly RegExp[] = [
  /[^\\[(){}]/y,
  /\\[dDwWsSbBfnrt]/y,
  /\\x[\dA-Fa-f]{2}/y,
  /\\[^A-Za-z0-9]/y,
  // A class. PCRE2 has [:alpha:] and the like, and no empty class.
  /\[(?!\^?\])\^?(?:[^\\\]]|\\[dDwWsSbfnrt]|\\x[\dA-Fa-f]{2}|\\[^A-Za-z0-9])+\]/y,
  /\((?:\?(?:[:=!]|<[A-Za-z_]\w{0,31}>)|(?!\?))/y,
  // What is looked for backwards has a fixed length.
  /\(\?<[=!](?:[^\\[\](){}*+?|]|\\[dDwWsSfnrt]|\\[^A-Za-z0-9])*\)/y,
  /\)/y,
  /\{\d+(?:,\d*)?\}/y,
];

/** Whether an expression that JavaScript takes is one of PCRE2 with the same meaning. */
export function isCommonToPcre(text: string): boolean {
  let at = 0;
  let repeats = 1;
  while (at < text.length) {
    const token = matchAt(text, at);
    if (token === undefined) return false;
    if (token.startsWith("[") && (rangeOfClass.test(token) || /\[[:.=]/.test(token.slice(1)))) return false;
    if (token.startsWith("{")) repeats *= Math.max(1, ...token.slice(1, -1).split(",").map(Number));
    at += token.length;
  }
  return repeats * text.length <= LONGEST;
}

function matchAt(text: string, at: number): string | undefined {
  // The longer ones first: `(?<=` is no group.
  for (const token of [...tokens].reverse()) {
    token.lastIndex = at;
    const [found] = token.exec(text) ?? [];
    if (found !== undefined) return found;
  }
  return undefined;
}
