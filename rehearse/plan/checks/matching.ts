/** What a health check wants of a page's text: `regex` and what belongs to it in a url block of keepalived.conf(5). */
export interface Wanted {
  readonly pattern: string;
  /** As PCRE2 calls them: `CASELESS`. */
  readonly options: readonly string[];
  /** Whether a match is a failure. */
  readonly not: boolean;
  /** Where a match may begin, in bytes from the beginning of the headers. */
  readonly from: number;
  readonly to: number | undefined;
}

/**
 * The headers before a stand-in's page. keepalived compares a regular expression with what it has read at once, the headers in front if they come with
 * the page: http_process_response() in its check_http.c.
 */
const headers =
  "HTTP/1.1 200 OK\r\nServer: nginx/1.22.1\r\nDate: Thu, 01 Jan 1970 00:00:00 GMT\r\nContent-Type: text/plain\r\nContent-Length: 10\r\n" +
  'Last-Modified: Thu, 01 Jan 1970 00:00:00 GMT\r\nConnection: close\r\nETag: "0123456789"\r\nAccept-Ranges: bytes\r\n\r\n';

/** How short and how long they may be, in bytes. */
const [shortest, longest] = [120, headers.length + 40];

/**
 * A page that a check by regular expression takes, with the headers in front and without: one that the expression itself suggests, tried with JavaScript's
 * expressions, which are PCRE2's in all that is common. Undefined: none is found.
 *
 * @param otherwise what the page has beside it
 */
export function matching({ pattern, options, not, from, to }: Wanted, otherwise: string): string | undefined {
  const expression = expressionOf(pattern, options);
  if (!expression) return undefined;
  const withHeaders = (text: string) => expression.test(headers + text);
  if (not) return [otherwise, "", "-\n"].find((text) => !withHeaders(text) && !expression.test(text));
  const sample = sampleOf(pattern);
  const padding = "\n".repeat(Math.max(0, from - shortest));
  // keepalived takes a match that could still grow at the end of the page for none: PCRE2_PARTIAL_HARD in check_regex().
  return [otherwise, ...(sample === undefined ? [] : [`${sample}\n${otherwise}`])]
    .map((text) => padding + text)
    .find((text) => {
      const begins = text.search(expression);
      return begins >= 0 && withHeaders(text) && begins + longest <= (to ?? Number.POSITIVE_INFINITY);
    });
}

/** PCRE2's options of which JavaScript has one of its own. */
const flags: Readonly<Record<string, string>> = {
  CASELESS: "i",
  MULTILINE: "m",
  DOTALL: "s",
  UTF: "u",
  UNGREEDY: "",
  DOLLAR_ENDONLY: "",
};

function expressionOf(pattern: string, options: readonly string[]): RegExp | undefined {
  const words = options.map((word) => word.replace(/^PCRE2?_/, "").toUpperCase());
  if (pattern === "" || !words.every((word) => word in flags)) return undefined;
  try {
    return new RegExp(pattern, [...new Set(words.map((word) => flags[word]))].join(""));
  } catch {
    return undefined;
  }
}

/** What escapes of classes of characters and of single ones stand for. */
const escapes: Readonly<Record<string, string>> = {
  ...{ d: "0", w: "a", s: " ", D: "a", W: " ", S: "a", n: "\n", r: "\r", t: "\t", b: "", B: "", A: "" },
};

/** The shortest text that the plain parts of an expression suggest; undefined where it has others. It need not match. */
export function sampleOf(pattern: string): string | undefined {
  let at = 0;
  /** Alternatives up to the end or a closing parenthesis: the first one. */
  const alternatives = (): string | undefined => {
    const first = sequence();
    while (pattern[at] === "|") {
      at++;
      if (sequence() === undefined) return undefined;
    }
    return first;
  };
  const sequence = (): string | undefined => {
    let text = "";
    while (at < pattern.length && pattern[at] !== "|" && pattern[at] !== ")") {
      const one = atom();
      if (one === undefined) return undefined;
      text += one.repeat(least());
    }
    return text;
  };
  const atom = (): string | undefined => {
    const character = pattern[at++] as string;
    if (character === "^" || character === "$") return "";
    if (character === ".") return "x";
    if (character === "\\") {
      const next = pattern[at++];
      if (next === undefined) return undefined;
      return escapes[next] ?? (/[A-Za-z0-9]/.test(next) ? undefined : next);
    }
    if (character === "(") {
      const [kind] = /^\?(?::|<\w+>|P<\w+>)/.exec(pattern.slice(at)) ?? [];
      if (kind === undefined && pattern[at] === "?") return undefined;
      at += kind?.length ?? 0;
      const inside = alternatives();
      return pattern[at++] === ")" ? inside : undefined;
    }
    if (character === "[") {
      const [whole, first, second] = /^(?!\^)(?:\\(.)|([^\]\\]))(?:[^\]\\]|\\.)*\]/.exec(pattern.slice(at)) ?? [];
      if (whole === undefined || whole.startsWith("[:")) return undefined;
      at += whole.length;
      return second ?? escapes[first as string] ?? first;
    }
    return "*+?{".includes(character) ? undefined : character;
  };
  /** How often the last part has to come at least. */
  const least = (): number => {
    const [whole, text] = /^(?:([*+?])|\{\d+(?:,\d*)?\})[?+]?/.exec(pattern.slice(at)) ?? [];
    if (whole === undefined) return 1;
    at += whole.length;
    return text === "+" ? 1 : text === undefined ? Number(/\d+/.exec(whole)?.[0]) : 0;
  };
  const found = alternatives();
  return at === pattern.length ? found : undefined;
}
