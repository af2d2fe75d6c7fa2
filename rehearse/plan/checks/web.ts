import { createHash } from "node:crypto";
import { commandWordsOf } from "../../conf/text.ts";
import { all, last, type Statement } from "../../conf/tree.ts";
import { numberOf } from "../../directors/instance.ts";
import { pageOf } from "../names.ts";
import type { Asked, CheckAnswers, UrlDemand } from "./kind.ts";
import { matching, type Wanted } from "./matching.ts";

/** HTTP_GET and SSL_GET: keepalived's check_http.c. */
export const web: CheckAnswers = (asked) => {
  const { check, port } = asked;
  const tls = check.kind === "SSL_GET";
  const found = all(check.block, "url").flatMap(({ block = [] }) => {
    const path = last(block, "path")?.words[0];
    // keepalived leaves out a url without a path.
    return path === undefined ? [] : [urlOf(block, path, asked)];
  });
  return {
    web: [{ port, tls }, ...found.map(({ url }) => ({ port, tls, url }))],
    missing: found.flatMap(({ missing }) => missing ?? []),
  };
};

function urlOf(block: readonly Statement[], text: string, asked: Asked): { url: UrlDemand; missing?: string } {
  const { name, words, pages, check } = asked;
  const path = pathOf(text);
  const host = (last(block, "virtualhost") ?? last(check.block, "virtualhost"))?.words[0]
    ?.toLowerCase()
    .replace(/:\d+$/, "");
  const statuses = statusesIn(block);
  const url = { path, ...(host === undefined ? {} : { host }), statuses };
  const own = pages.own[path];
  const digest = last(block, "digest")?.words[0]?.toLowerCase();
  if (digest !== undefined) {
    const page = [own, pageOf(name), "", pages.withDigest(digest)].find(
      (one) => one !== undefined && md5(one) === digest,
    );
    if (page !== undefined) return { url: { ...url, page } };
    return {
      url: own === undefined ? url : { ...url, page: own },
      missing:
        own === undefined
          ? `no file of the folder has the digest ${digest} that ${words} wants of ${path}, so that ${name} fails it: put the page into the folder, or name its file, pages: { ${JSON.stringify(path)}: FILE }`
          : `the file of ${path} in pages of ${name} has the digest ${md5(own)}, and ${words} wants ${digest}: name another file`,
    };
  }
  const regex = last(block, "regex");
  if (regex) {
    const wanted = {
      pattern: commandWordsOf(regex.text)[1] ?? "",
      options: all(block, "regex_options").flatMap((one) => one.words),
      not: last(block, "regex_no_match") !== undefined,
      from: numberOf(last(block, "regex_min_offset")) ?? 0,
      to: numberOf(last(block, "regex_max_offset")),
    };
    const page = own ?? matching(wanted, pageOf(name));
    if (page !== undefined) return { url: { ...url, page } };
    return {
      url,
      missing: `no text is known that ${wanted.not ? "does not match" : "matches"} ${JSON.stringify(wanted.pattern)}, as ${words} wants of ${path}, so that ${name} fails it${anchored(wanted) ? " (keepalived compares the headers, too: ^ is before them, and at the very end it finds nothing)" : ""}: name a file with one, pages: { ${JSON.stringify(path)}: FILE }`,
    };
  }
  return { url: own === undefined ? url : { ...url, page: own } };
}

/** Whether an expression looks for the beginning or the end of all that is read. */
const anchored = ({ pattern, options }: Wanted): boolean =>
  /(?<!\\)[$^]/.test(pattern.replace(/\[\^/g, "")) && !options.some((word) => word.endsWith("MULTILINE"));

/** A path as nginx compares it: without a query, decoded, without doubled slashes. */
export function pathOf(text: string): string {
  const path = text.replace(/[?#].*$/, "").replace(/\/{2,}/g, "/");
  try {
    return decodeURIComponent(path);
  } catch {
    return path;
  }
}

export const md5 = (text: string): string => createHash("md5").update(text).digest("hex");

/** HTTP_DEFAULT_STATUS_CODE_MIN and _MAX in keepalived's check_http.h. */
const usual = range(200, 299);

/** The statuses that a url takes, all that its lines have: status_code_handler() in check_http.c. */
function statusesIn(block: readonly Statement[]): number[] {
  const given = all(block, "status_code")
    .flatMap(({ words }) => words)
    .flatMap((word) => {
      const [, first, end = first] = /^(\d{3})(?:-(\d{3}))?$/.exec(word) ?? [];
      return first === undefined ? [] : range(Number(first), Number(end));
    });
  return given.length === 0 ? usual : [...new Set(given)];
}

function range(first: number, end: number): number[] {
  return Array.from({ length: Math.max(0, end - first + 1) }, (_, index) => first + index);
}
