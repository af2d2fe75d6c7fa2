import { defineHealthCheck, type Timers, timersOf, upTo } from "./kind.ts";

/** Whether the host answers an ICMP echo request; it says nothing of its services. */
export interface PingCheck extends Timers {
  readonly type: "ping";
  /** Seconds that an answer may take. */
  readonly connectTimeout: number;
}

export const ping = defineHealthCheck({
  keyword: "PING_CHECK",
  title: "whether the host answers a ping",
  properties: {},
  protocols: ["tcp", "udp"],
  connects: true,
  defaultRetry: 1,
  defaultDelayBeforeRetry: 1,
  successes: 1,
  // Written out in keepalived.conf: keepalived.conf(5) has no default for it.
  complete: (given): PingCheck => ({
    type: "ping",
    connectTimeout: given.connectTimeout,
    ...timersOf({ ...given, retry: given.retry ?? 1 }),
  }),
  lines: () => [],
  // Sooner if the director's kernel finds nobody by ARP: EHOSTUNREACH.
  attempt: ({ connectTimeout }, failure) => (failure === "silent" ? upTo(connectTimeout) : undefined),
});
