import { type HealthCheck, healthCheckKind, retriesOf } from "./health-checks/index.ts";
import { exactly, type RealServerFailure, type SecondsBand } from "./health-checks/kind.ts";
import type { VirtualService } from "./model.ts";

/*
 * How long keepalived takes, by the source of version 2.2.7: keepalived/check/check_tcp.c (tcp_epilog), check_http.c (epilog), check_udp.c (udp_epilog),
 * check_dns.c (dns_final), check_smtp.c (smtp_final), check_misc.c (misc_check_child_thread) and check_api.c (register_checkers_thread). A check that succeeds is followed by delay_loop, one that fails by
 * delay_before_retry, `retry` times. The timers start when a check ends, but those of MISC_CHECK when it starts. All times are in seconds.
 */

/** keepalived's BOOTSTRAP_DELAY (lib/scheduler.h): before the first check. */
const bootstrapDelay = 1;

/**
 * How long a real server that fails stays in the table: shortest if it fails right before a check, longest if right after one. Undefined if this check
 * does not see this failure.
 */
export function removalTime(check: HealthCheck, failure: RealServerFailure): SecondsBand | undefined {
  const attempt = healthCheckKind(check.type).attempt(check, failure);
  if (attempt === undefined) return undefined;
  const retries = retriesOf(check);
  const failing = (each: number): number => retries * (each + pause(check, check.delayBeforeRetry, each)) + each;
  return { minimum: failing(attempt.minimum), maximum: check.delayLoop + failing(attempt.maximum) };
}

/** Whether a service's health check sees such a failure; not if there is none. */
export const seesFailure = (
  { healthCheck }: Pick<VirtualService, "healthCheck">,
  failure: RealServerFailure,
): boolean => healthCheck !== undefined && removalTime(healthCheck, failure) !== undefined;

/**
 * How long a real server that is well again stays out of the table. Longest if a check has just met the failure, and waits for it to the end. What was
 * never seen has not put it out: no time.
 */
export function returnTime(check: HealthCheck, failure: RealServerFailure): SecondsBand {
  const { attempt, successes } = healthCheckKind(check.type);
  const longest = attempt(check, failure)?.maximum;
  if (longest === undefined) return exactly(0);
  const { delayLoop, delayBeforeRetry } = check;
  // TCP_CHECK goes on to repeat checks that fail, HTTP_GET waits for the longer of the two; for the others it is a bound.
  const delay = retriesOf(check) > 0 || successes > 1 ? Math.max(delayLoop, delayBeforeRetry) : delayLoop;
  const more = (successes - 1) * delayLoop;
  return { minimum: more, maximum: longest + pause(check, delay, longest) + more };
}

/** When the first check after a start of keepalived comes. If it fails, that is enough: only DNS_CHECK and SMTP_CHECK repeat it. */
export const firstCheckTime = ({ warmup, delayLoop }: HealthCheck): SecondsBand => ({
  minimum: bootstrapDelay,
  maximum: bootstrapDelay + (warmup ?? delayLoop),
});

/** The longest that any failure which the check sees may stay unseen, or its end. */
export const longestTime = (check: HealthCheck, failures: readonly RealServerFailure[]): number =>
  Math.max(
    ...failures.flatMap((failure) => [removalTime(check, failure)?.maximum ?? 0, returnTime(check, failure).maximum]),
  );

/** From the end of a check that took so long until the next one starts. */
const pause = (check: HealthCheck, delay: number, took: number): number =>
  healthCheckKind(check.type).countsFromStart ? Math.max(0, delay - took) : delay;
