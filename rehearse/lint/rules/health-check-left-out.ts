import { all } from "../../conf/tree.ts";
import { checkKinds, whyLeftOut } from "../../directors/check.ts";
import type { Rule } from "../rule.ts";
import { realServerName } from "../services.ts";

export const healthCheckLeftOut: Rule = {
  id: "health-check-left-out",
  title: "a health check that keepalived leaves out",
  level: "error",
  why:
    "keepalived runs without the check, with a line in its log. If the real server has no other one, it gets its share of the connections whether it " +
    "answers or not.",
  source:
    "bfd_name_handler() in keepalived's check_bfd.c, file_end_handler() in check_file.c, misc_end_handler() in check_misc.c, check_conn_opts() in check_api.c",
  *look({ directors }) {
    for (const { name: director, configuration, virtualServers } of directors)
      for (const { at: service, realServers } of virtualServers) {
        const before = configuration.statements.slice(0, configuration.statements.indexOf(service));
        for (const real of realServers)
          for (const at of all(real.block, ...checkKinds)) {
            const why = whyLeftOut(at, real.address, before);
            if (why)
              yield {
                at: why.at,
                ...(why.at === at ? {} : { also: [at] }),
                message: `${director} leaves ${at.keyword} of ${realServerName(real)} out: ${why.message}`,
                fix: why.fix,
              };
          }
      }
  },
};
