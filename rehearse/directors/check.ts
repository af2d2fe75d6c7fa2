import { all, last, type Statement } from "../conf/tree.ts";
import { numberOf } from "./instance.ts";

/** A health check of a real server. Times in seconds. keepalived's check_api.c, validate_check_config() in check_data.c. */
export interface Check {
  readonly at: Statement;
  readonly block: readonly Statement[];
  /** The keyword: TCP_CHECK. */
  readonly kind: string;
  readonly delayLoop: number;
  /** The longest time of an attempt; of HTTP_GET, SSL_GET and SMTP_CHECK that of each of its steps. Undefined: it makes none, as FILE_CHECK. */
  readonly timeout?: number;
  readonly retry: number;
  readonly delayBeforeRetry: number;
  /** The port that it asks; 0 is none that answers. Undefined if it asks none. */
  readonly port?: number;
}

/** The times that may stand in a virtual server, in a real server and in a check; the innermost counts. In seconds. */
export interface CheckTimes {
  readonly connectTimeout?: number;
  readonly delayLoop?: number;
  readonly retry?: number;
  readonly delayBeforeRetry?: number;
}

/** What kinds of checks do without other words. `delayBeforeRetry` of DNS_CHECK is its delay_loop; `formerRetry`: it takes nb_get_retry too. */
const kinds: Readonly<
  Record<
    string,
    {
      readonly retry: number;
      readonly delayBeforeRetry?: number;
      readonly asksPort?: true;
      readonly formerRetry?: true;
    }
  >
> = {
  TCP_CHECK: { retry: 1, delayBeforeRetry: 1, asksPort: true },
  HTTP_GET: { retry: 1, delayBeforeRetry: 3, asksPort: true, formerRetry: true },
  SSL_GET: { retry: 1, delayBeforeRetry: 3, asksPort: true, formerRetry: true },
  SMTP_CHECK: { retry: 1, delayBeforeRetry: 1, asksPort: true },
  DNS_CHECK: { retry: 3, asksPort: true },
  UDP_CHECK: { retry: 1, delayBeforeRetry: 1, asksPort: true },
  PING_CHECK: { retry: 1, delayBeforeRetry: 1 },
  MISC_CHECK: { retry: 0, delayBeforeRetry: 1 },
  FILE_CHECK: { retry: 0, delayBeforeRetry: 0 },
  BFD_CHECK: { retry: 0, delayBeforeRetry: 0 },
};

const withoutAttempts = ["FILE_CHECK", "BFD_CHECK"];

/** The times in a block. */
export function timesIn(block: readonly Statement[]): CheckTimes {
  const times = {
    connectTimeout: numberOf(last(block, "connect_timeout")),
    delayLoop: numberOf(last(block, "delay_loop")),
    retry: numberOf(last(block, "retry")),
    delayBeforeRetry: numberOf(last(block, "delay_before_retry")),
  };
  return Object.fromEntries(Object.entries(times).filter(([, value]) => value !== undefined));
}

/** keepalived leaves out what is not: http_get_check_end() in check_http.c, misc_end_handler() in check_misc.c. */
function isComplete({ keyword, block }: Statement): boolean {
  if (keyword === "HTTP_GET" || keyword === "SSL_GET") return last(block, "url") !== undefined;
  return keyword !== "MISC_CHECK" || last(block, "misc_path") !== undefined;
}

/**
 * The checks in a real server's block, without those that keepalived leaves out.
 *
 * @param around the times of the real server and its virtual server
 * @param serviceDelay the virtual server's own delay_loop, which limits a MISC_CHECK without misc_timeout
 * @param port the real server's port as it is written
 */
export const checksIn = (
  block: readonly Statement[],
  around: CheckTimes & { readonly connectTimeout: number; readonly delayLoop: number },
  serviceDelay: number,
  port: number,
): Check[] =>
  all(block, ...Object.keys(kinds))
    .filter(isComplete)
    .map((at) => {
      const inside = at.block ?? [];
      const kind = kinds[at.keyword] as (typeof kinds)[string];
      const given = { ...around, ...timesIn(inside) };
      const misc = at.keyword === "MISC_CHECK";
      const timeout = misc ? numberOf(last(inside, "misc_timeout")) || serviceDelay : given.connectTimeout;
      return {
        ...{ at, block: inside, kind: at.keyword, delayLoop: given.delayLoop },
        ...(withoutAttempts.includes(at.keyword) ? {} : { timeout }),
        retry:
          numberOf(last(inside, "retry", ...(kind.formerRetry ? ["nb_get_retry"] : []))) ?? given.retry ?? kind.retry,
        delayBeforeRetry: given.delayBeforeRetry ?? kind.delayBeforeRetry ?? given.delayLoop,
        ...(kind.asksPort ? { port: numberOf(last(inside, "connect_port")) ?? port } : {}),
      };
    });
