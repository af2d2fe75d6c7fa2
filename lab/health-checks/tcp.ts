import { defineHealthCheck, exactly, type Timers, timersOf, upTo } from "./kind.ts";

/** Whether the port accepts connections: the article's check. */
export interface TcpCheck extends Timers {
  readonly type: "tcp";
  /** Seconds that a connection may take. */
  readonly connectTimeout: number;
}

export const tcp = defineHealthCheck({
  keyword: "TCP_CHECK",
  title: "whether the port accepts connections",
  properties: {},
  protocols: ["tcp"],
  connects: true,
  defaultRetry: 1,
  defaultDelayBeforeRetry: 1,
  successes: 1,
  complete: (given): TcpCheck => ({ type: "tcp", connectTimeout: given.connectTimeout, ...timersOf(given) }),
  lines: () => [],
  attempt({ connectTimeout }, failure) {
    switch (failure) {
      case "refuses":
        return exactly(0);
      case "silent":
        // Sooner if the director's kernel finds nobody by ARP: EHOSTUNREACH.
        return upTo(connectTimeout);
      default:
        return undefined;
    }
  },
});
