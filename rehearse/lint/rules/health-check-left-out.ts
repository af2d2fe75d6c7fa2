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
    for (const { name: director, virtualServers } of directors)
      for (const real of virtualServers.flatMap(({ realServers }) => realServers))
        for (const { check, at, wrong, fix } of real.leftOut)
          yield {
            at,
            ...(at === check ? {} : { also: [check] }),
            message: `${director} leaves ${check.keyword} of ${realServerName(real)} out: ${wrong}`,
            fix,
          };
  },
};
