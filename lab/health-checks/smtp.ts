import { z } from "zod";
import { property } from "../yaml/schema.ts";
import { defineHealthCheck, exactly, type Timers, timersOf, upTo } from "./kind.ts";

/** Whether the real server's MTA greets, and takes a HELO and a QUIT: keepalived's check_smtp.c. */
export interface SmtpCheck extends Timers {
  readonly type: "smtp";
  /** Seconds that a connection may take, and then each of the MTA's answers. */
  readonly connectTimeout: number;
  /** As what keepalived introduces itself; not there: smtpchecker.keepalived.org. */
  readonly heloName?: string;
}

/** RFC 5321, section 4.1.2: Domain. An MTA may refuse a HELO with anything else. */
const domain =
  /^(?=.{1,253}$)[A-Za-z\d](?:[A-Za-z\d-]{0,61}[A-Za-z\d])?(?:\.[A-Za-z\d](?:[A-Za-z\d-]{0,61}[A-Za-z\d])?)*$/;

/** Of SMTP: RFC 5321, section 4.5.4.2. */
export const SMTP_PORT = 25;

/** It asks for another service than the one that clients get: real servers with this check run an MTA beside their web server. */
export const smtp = defineHealthCheck({
  keyword: "SMTP_CHECK",
  title: "whether the MTA on port 25 answers",
  properties: {
    heloName: property(
      z.string().regex(domain),
      "a domain name: labels of up to 63 letters, digits and hyphens, with dots between them, 253 characters in all",
      "write `heloName: director.example.org`, or leave it out for keepalived's",
    ).optional(),
  },
  protocols: ["tcp", "udp"],
  connects: true,
  port: SMTP_PORT,
  speaks: "smtp",
  defaultRetry: 1,
  defaultDelayBeforeRetry: 1,
  successes: 1,
  complete: ({ heloName, ...given }): SmtpCheck => ({
    type: "smtp",
    ...(heloName === undefined ? {} : { heloName }),
    connectTimeout: given.connectTimeout,
    ...timersOf(given),
  }),
  lines: ({ heloName }) => (heloName === undefined ? [] : [`helo_name ${heloName}`]),
  attempt({ connectTimeout }, failure) {
    switch (failure) {
      case "mta-refuses":
        return exactly(0);
      case "silent":
        // Sooner if the director's kernel finds nobody by ARP: EHOSTUNREACH.
        return upTo(connectTimeout);
      default:
        return undefined;
    }
  },
});
