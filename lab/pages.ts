import type { RealServer, VirtualService } from "./model.ts";

/**
 * The real server of a service that a page comes from: the one whose page it is, or else the only one that its text names, by its page's
 * text, its name or its address. Markup, case, blanks and Apache's signature do not matter. Undefined for a page that names none or several, or lacks the
 * server's token.
 */
export function serverOfPage(
  { realServers }: Pick<VirtualService, "realServers">,
  page: string,
): RealServer | undefined {
  const own = realServers.find((server) => server.page.trim() === page.trim());
  if (own) return own;
  const text = textOf(page);
  const named = realServers.filter((server) =>
    [textOf(server.page), server.server, server.address].some((words) => mentions(text, words)),
  );
  const [only, ...others] = named;
  const isWhole = others.length === 0 && (only?.token === undefined || mentions(text, only.token));
  return isWhole ? only : undefined;
}

/** A page with the lab's token, which stands after its text; the page itself in a lab without one. */
export const pageWith = (page: string, token: string | undefined): string =>
  token === undefined ? page : `${page.trimEnd()} ${token}\n`;

/**
 * What Apache signs the pages of its own making with, errors and lists of files: they name the host that was asked for, although nobody wrote a page there.
 * https://httpd.apache.org/docs/2.4/mod/core.html#serversignature
 */
const SIGNATURE = /<address>[^<]* Server at (?:<a [^>]*>)?[^<]*(?:<\/a>)? Port \d+<\/address>\s*<\/body><\/html>\s*$/i;

/** What a browser would show of a page, without a signature, on one line. */
const textOf = (page: string): string =>
  page
    .replace(SIGNATURE, " ")
    .replace(/<!--.*?-->|<(script|style)\b.*?<\/\1\s*>|<[^>]*>|&nbsp;/gis, " ")
    .replace(/\s+/g, " ")
    .trim();

/** Whether a text has these words, not as part of longer ones: `server1` is not in `server10`, nor `10.0.0.1` in `10.0.0.12`. */
const mentions = (text: string, words: string): boolean =>
  words !== "" &&
  new RegExp(`(?<![\\w-]|\\d\\.)${words.replace(/[\\^$.*+?()[\]{}|/]/g, "\\$&")}(?![\\w-]|\\.\\d)`, "i").test(text);
