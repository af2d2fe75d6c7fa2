import { createHash } from "node:crypto";
import { z } from "zod";
import { property } from "../yaml/schema.ts";
import { isCommonToPcre } from "./expression.ts";
import { defineHealthCheck, exactly, type SecondsBand, type Timers, timersOf, upTo } from "./kind.ts";

/** What HTTP_GET and SSL_GET have in common: keepalived's check_http.c. */
export interface WebCheck<Type extends "http" | "https" = "http" | "https"> extends Timers {
  readonly type: Type;
  /** Seconds that a connection may take, and then each of the server's next words. */
  readonly connectTimeout: number;
  readonly path: string;
  /** The statuses that are right; not there: 200 to 299. */
  readonly statusCodes?: readonly number[];
  /** The page must be the lab's, by its MD5 digest. */
  readonly digest?: true;
  /** A line of the answer must match it: a PCRE. keepalived looks at the answer's header too. */
  readonly regex?: string;
}

/** What keepalived.conf holds in double quotes: printable ASCII characters without these. */
const quotable = /^[ !#-~]{1,200}$/;

/** The properties of both in a lab file. */
const properties = {
  path: property(
    z
      .string()
      .regex(/^\/[\w.~!$&'()*+,;=:@/?%-]{0,200}$/)
      .refine((text) => !text.includes("$_")),
    "a path: a slash, then up to 200 of the characters of a URL's path and query (RFC 3986, section 3.3), without $_",
    (value) =>
      typeof value === "string" && value.startsWith("/")
        ? "write other characters as % and two hex digits, such as %20; keepalived takes # for a comment, and $_ for a parameter"
        : "write `path: /`, or leave it out",
  ).optional(),
  statusCodes: property(
    z
      .array(
        property(
          z.int().min(100).max(599),
          "an HTTP status, a whole number from 100 to 599",
          "write `statusCodes: [200]`",
        ),
      )
      .min(1),
    "a list of HTTP statuses",
    "write `statusCodes: [200]`, or leave it out for 200 to 299",
  ).optional(),
  digest: property(
    z.boolean(),
    "true or false",
    "write `digest: true`: the lab computes the MD5 digest of the page, which keepalived compares",
  ).optional(),
  regex: property(
    z.string().refine(isRegex),
    "a regular expression that PCRE and JavaScript read alike, without double quotes and $_, up to 200 ASCII characters",
    (value) => {
      if (typeof value === "string" && /"|\$_/.test(value))
        return `write . in place of ${value.includes('"') ? "the quote" : "$"}: keepalived.conf cannot hold it`;
      return typeof value === "string" && quotable.test(value) && isJavaScript(value)
        ? "leave out what is of one of the two, such as \\1, \\u0041, \\p{L} or [[:alpha:]], put a backslash before a brace, and repeat less"
        : "write `regex: ^server`";
    },
  ).optional(),
};

function isRegex(text: string): boolean {
  return quotable.test(text) && !text.includes("$_") && isJavaScript(text) && isCommonToPcre(text);
}

function isJavaScript(text: string): boolean {
  try {
    return new RegExp(text, "m") !== undefined;
  } catch {
    return false;
  }
}

/** The kind that asks by HTTP, or by HTTP over TLS. */
export const webKind = <Type extends "http" | "https">(
  type: Type,
  about: { readonly keyword: string; readonly title: string; readonly tls?: true },
) =>
  defineHealthCheck({
    ...about,
    properties,
    protocols: ["tcp"],
    connects: true,
    defaultRetry: 1,
    defaultDelayBeforeRetry: 3,
    // The first one only forgets the URL that failed; the next round may make it alive: epilog() in check_http.c.
    successes: 2,
    complete: ({ path = "/", statusCodes, digest, regex, ...given }): WebCheck<Type> => ({
      type,
      path,
      ...(statusCodes === undefined ? {} : { statusCodes }),
      ...(digest ? { digest } : {}),
      ...(regex === undefined ? {} : { regex }),
      connectTimeout: given.connectTimeout,
      ...timersOf(given),
    }),
    lines: ({ path, statusCodes, digest, regex }, { page }) => [
      "url {",
      // Without quotes, ! begins a comment.
      `    path ${path.includes("!") ? `"${path}"` : path}`,
      ...inLines(statusCodes ?? []).map((codes) => `    status_code ${codes.join(" ")}`),
      ...(digest ? [`    digest ${digestOf(page)}`] : []),
      // Without `multiline`, ^ is the beginning of the answer's header.
      ...(regex === undefined ? [] : [`    regex "${regex.replaceAll("\\", "\\\\")}"`, "    regex_options multiline"]),
      "}",
    ],
    attempt(check, failure) {
      const takes: Record<typeof failure, SecondsBand | undefined> = {
        refuses: exactly(0),
        silent: upTo(check.connectTimeout),
        hangs: exactly(check.connectTimeout),
        "error-status": exactly(0),
        "wrong-page": check.digest || check.regex !== undefined ? exactly(0) : undefined,
        "mta-refuses": undefined,
      };
      return takes[failure];
    },
  });

/** Statuses for several lines, which add up: keepalived reads lines of 1023 characters. */
const inLines = (codes: readonly number[]): number[][] =>
  codes.length === 0 ? [] : [codes.slice(0, 100), ...inLines(codes.slice(100))];

/** What genhash(1) prints of a page: the MD5 digest of its body. */
const digestOf = (page: string): string => createHash("md5").update(page).digest("hex");
