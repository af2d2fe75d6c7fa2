import { last } from "../../conf/tree.ts";
import { isScript } from "../../directors/tracked.ts";
import type { Rule } from "../rule.ts";

export const scriptOutlivesInterval: Rule = {
  id: "script-outlives-interval",
  title: "a vrrp_script whose timeout is longer than its interval",
  level: "warning",
  why:
    "A script that hangs fails only when its timeout is over. Until then keepalived 2.2.7 to 2.3.2 start it again at every interval, beside those " +
    "that still run, although they log that they skip it; 2.3.3 does skip it.",
  source:
    "vrrp_script_thread() in keepalived's vrrp/vrrp_scheduler.c, versions 2.2.7, 2.3.2 and 2.3.3; keepalived.conf(5), vrrp_script",
  *look({ directors }) {
    for (const { tracked } of directors)
      for (const script of tracked.filter(isScript)) {
        const { name, at, block, interval, timeout } = script;
        if (timeout <= interval) continue;
        yield {
          at: last(block, "timeout") ?? at,
          message: `vrrp_script ${name} may take ${timeout} s and is started every ${interval} s: ${Math.ceil(timeout / interval)} of it run if it hangs`,
          fix: `write a timeout of at most ${interval}, or an interval of ${timeout}`,
        };
      }
  },
};
