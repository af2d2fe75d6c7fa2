import { last } from "../../conf/tree.ts";
import { commandAt } from "../../directors/command.ts";
import type { Rule } from "../rule.ts";
import { realServerName } from "../services.ts";

export const miscDynamicWithPlugin: Rule = {
  id: "misc-dynamic-with-plugin",
  title: "misc_dynamic with a plugin of a monitoring system",
  level: "error",
  why:
    "With misc_dynamic an exit status from 2 on is a success, and the weight is the status less 2. A plugin of Nagios and its like exits with 2 for " +
    "CRITICAL and 3 for UNKNOWN: the real server gets weight 0 or 1 and counts as alive, while WARNING, 1, removes it.",
  source:
    "misc_check_child_thread() in keepalived's check_misc.c; keepalived.conf(5), misc_dynamic; Monitoring Plugins Development Guidelines, 2.4",
  *look({ directors }) {
    for (const { virtualServers } of directors)
      for (const { realServers } of virtualServers)
        for (const real of realServers)
          for (const { at: check, block } of real.checks) {
            const dynamic = last(block, "misc_dynamic");
            const path = last(block, "misc_path");
            const plugin =
              path &&
              commandAt(path, check).words.find((word) =>
                /\/(?:nagios|monitoring-plugins|icinga2?)\/.*check_\w+/.test(word),
              );
            if (dynamic && plugin)
              yield {
                at: dynamic,
                also: [path],
                message: `${plugin} exits with 2 for CRITICAL: ${realServerName(real)} then stays in the table with weight 0`,
                fix: "remove misc_dynamic, or write a script that exits with 1 for a failure",
              };
          }
  },
};
