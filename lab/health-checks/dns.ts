import { z } from "zod";
import { choice, property } from "../yaml/schema.ts";
import { defineHealthCheck, exactly, type Timers, timersOf, upTo } from "./kind.ts";

/** The types of records that keepalived can ask for, with their numbers: DNS_TYPE in its check_dns.c, RFC 1035, section 3.2.2, and later ones. */
export const dnsTypes = { A: 1, NS: 2, CNAME: 5, SOA: 6, MX: 15, TXT: 16, AAAA: 28, RRSIG: 46, DNSKEY: 48 } as const;

const typeNames = Object.keys(dnsTypes) as (keyof typeof dnsTypes)[];

/** Whether a DNS query is answered with RCODE 0: keepalived's check_dns.c. */
export interface DnsCheck extends Timers {
  readonly type: "dns";
  /** Seconds that an answer may take. */
  readonly connectTimeout: number;
  /** The type of the records that it asks for; not there: SOA. */
  readonly queryType?: keyof typeof dnsTypes;
  /** The name that it asks about; not there: the root. */
  readonly queryName?: string;
}

/** keepalived's defaults: DNS_DEFAULT_TYPE and DNS_DEFAULT_NAME in check_dns.h. */
export const dnsDefaults = { queryType: "SOA", queryName: "." } as const;

/**
 * A name as keepalived sends it (RFC 1035, section 2.3.4): it checks no length. A first label of one character it refuses, for it looks for an empty label
 * a character too far: dns_name_handler() in check_dns.c.
 */
const domainName = /^(?=.{1,253}\.?$)[\w-]{2,63}(?:\.[\w-]{1,63})*\.?$/;

export const dns = defineHealthCheck({
  keyword: "DNS_CHECK",
  title: "whether a DNS query is answered",
  properties: {
    queryType: choice(typeNames, "write `queryType: A`, or leave it out for SOA").optional(),
    queryName: property(
      z.string().refine((text) => text === "." || domainName.test(text)),
      "a domain name: labels of up to 63 letters, digits, hyphens and underscores, with dots between them, 253 characters in all",
      (value) =>
        typeof value === "string" && /^[\w-]\./.test(value)
          ? "write a first label of two characters or more: keepalived takes one of a single character for an empty one"
          : "write `queryName: www.example.org`, or leave it out for the root",
    ).optional(),
  },
  protocols: ["udp"],
  connects: true,
  speaks: "dns",
  defaultRetry: 3,
  defaultDelayBeforeRetry: "delayLoop",
  successes: 1,
  complete: ({ queryType, queryName, ...given }): DnsCheck => ({
    type: "dns",
    ...(queryType === undefined ? {} : { queryType }),
    ...(queryName === undefined ? {} : { queryName }),
    connectTimeout: given.connectTimeout,
    ...timersOf(given),
  }),
  lines: ({ queryType, queryName }) => [
    ...(queryType === undefined ? [] : [`type ${queryType}`]),
    ...(queryName === undefined ? [] : [`name ${queryName}`]),
  ],
  // An answer to another query, or what is no answer, it passes over: dns_recv_thread() waits on.
  attempt({ connectTimeout }, failure) {
    switch (failure) {
      case "refuses":
        return exactly(0);
      case "silent":
        // Sooner if the director's kernel finds nobody by ARP: EHOSTUNREACH.
        return upTo(connectTimeout);
      case "hangs":
        return exactly(connectTimeout);
      default:
        return undefined;
    }
  },
});
