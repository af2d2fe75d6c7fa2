import { last, type Statement } from "../../conf/tree.ts";
import type { Check } from "../../directors/check.ts";
import type { RealServer, VirtualServer } from "../../directors/virtual-server.ts";
import type { Rule } from "../rule.ts";
import { realServerName } from "../services.ts";

export const checkSlowerThanDelayLoop: Rule = {
  id: "check-slower-than-delay-loop",
  title: "a health check that may take longer than its delay_loop",
  level: "warning",
  why:
    "keepalived begins the next check when the last one has ended: delay_loop is no longer the time between two checks of a server that does not " +
    "answer, and the server stays in the table for all attempts. Where an attempt fails at once, as on a closed port, this is not seen.",
  source:
    "tcp_epilog() in keepalived's check_tcp.c, epilog() in check_http.c, misc_check_child_thread() in check_misc.c; keepalived.conf(5), delay_loop",
  *look({ directors }) {
    for (const { virtualServers } of directors)
      for (const service of virtualServers) {
        const seen = new Set<Statement>();
        for (const real of service.realServers)
          for (const check of real.checks) {
            const { kind, timeout, delayLoop } = check;
            if (timeout === undefined || timeout <= delayLoop) continue;
            const at = timeoutOf(check, real, service);
            if (seen.has(at)) continue;
            seen.add(at);
            yield {
              at,
              also: [last(service.block, "delay_loop") ?? service.at],
              message:
                `an attempt of ${kind} for ${realServerName(real)} may take ${timeout} s, delay_loop is ${delayLoop} s: ` +
                `if the server hangs, it is removed after up to ${removal(check, timeout)} s`,
              fix: `write a timeout below ${delayLoop}, or a delay_loop of more than ${timeout}`,
            };
          }
      }
  },
};

/** Until the next check begins, then all attempts and what is waited between them. */
const removal = ({ delayLoop, retry, delayBeforeRetry }: Check, timeout: number): number =>
  delayLoop + (retry + 1) * timeout + retry * delayBeforeRetry;

/** The line that sets an attempt's longest time; of a time by default, the check's. */
function timeoutOf(check: Check, real: RealServer, service: VirtualServer): Statement {
  if (check.kind === "MISC_CHECK") return last(check.block, "misc_timeout") ?? check.at;
  const blocks = [check.block, real.block, service.block];
  return blocks.map((block) => last(block, "connect_timeout")).find((at) => at !== undefined) ?? check.at;
}
