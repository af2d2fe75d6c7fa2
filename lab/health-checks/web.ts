import { createHash } from "node:crypto";
import { z } from "zod";
import { property } from "../yaml/schema.ts";
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

/** The properties of both in a lab file. */
const properties = {
  path: property(
    z.string().regex(/^\/[!-~]{0,200}$/),
    "a path: a slash, then up to 200 printable characters without blanks",
    "write `path: /`, or leave it out",
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
    "a regular expression that PCRE and JavaScript read, without double quotes, up to 200 ASCII characters",
    (value) =>
      typeof value === "string" && value.includes('"')
        ? "write . in place of the quote: keepalived.conf cannot hold it"
        : "write `regex: ^server`",
  ).optional(),
};

function isRegex(text: string): boolean {
  try {
    return /^[ !#-~]{1,200}$/.test(text) && new RegExp(text, "m") !== undefined;
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
      `    path ${path}`,
      ...(statusCodes === undefined ? [] : [`    status_code ${statusCodes.join(" ")}`]),
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
      };
      return takes[failure];
    },
  });

/** What genhash(1) prints of a page: the MD5 digest of its body. */
const digestOf = (page: string): string => createHash("md5").update(page).digest("hex");
