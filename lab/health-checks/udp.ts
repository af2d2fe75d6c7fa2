import { z } from "zod";
import { property } from "../yaml/schema.ts";
import { defineHealthCheck, exactly, type Timers, timersOf, upTo } from "./kind.ts";

/** Whether a datagram to the port is answered, or at least not refused. */
export interface UdpCheck extends Timers {
  readonly type: "udp";
  /** Seconds that an answer may take. */
  readonly connectTimeout: number;
  /** No answer is a failure; not there: only an ICMP error is one, so that a host without power passes. */
  readonly requireReply?: true;
}

/** keepalived's default of max_reply_length, in bytes: a longer answer counts as none. */
const LONGEST_REPLY = 255;

export const udp = defineHealthCheck({
  keyword: "UDP_CHECK",
  title: "whether a datagram is answered",
  protocols: ["udp"],
  properties: {
    requireReply: property(
      z.boolean(),
      "true or false",
      "write `requireReply: true`: else only a closed port fails, and a server that is gone does not",
    ).optional(),
  },
  connects: true,
  defaultRetry: 1,
  defaultDelayBeforeRetry: 1,
  successes: 1,
  complete: ({ requireReply, ...given }): UdpCheck => ({
    type: "udp",
    ...(requireReply ? { requireReply } : {}),
    connectTimeout: given.connectTimeout,
    ...timersOf(given),
  }),
  lines({ requireReply }, { page }) {
    const length = Buffer.byteLength(page);
    if (!requireReply) return [];
    return ["require_reply", ...(length > LONGEST_REPLY ? [`max_reply_length ${length}`] : [])];
  },
  attempt({ requireReply, connectTimeout }, failure) {
    switch (failure) {
      case "refuses":
        return exactly(0);
      case "silent":
        // Sooner if the director's kernel finds nobody by ARP: EHOSTUNREACH.
        return requireReply ? upTo(connectTimeout) : undefined;
      case "hangs":
        return requireReply ? exactly(connectTimeout) : undefined;
      default:
        return undefined;
    }
  },
});
