import type { Rule } from "../rule.ts";
import { keptRealServers, realServerName } from "../services.ts";

export const noHealthCheck: Rule = {
  id: "no-health-check",
  title: "a real server that nothing checks",
  level: "warning",
  why:
    "Without a check keepalived takes a real server for alive, always. It stays in the table when it is dead, and its share of the clients gets no " +
    "answer. A check without what it needs, as HTTP_GET without url, is left out.",
  source:
    "init_service_rs() in keepalived's ipwrapper.c, http_get_check_end() in check_http.c; keepalived.conf(5), real_server",
  *look({ directors }) {
    for (const { name: director, virtualServers } of directors)
      for (const service of virtualServers)
        for (const real of keptRealServers(service)) {
          if (real.checks.length > 0 || real.weight === 0) continue;
          const incomplete = real.block.find(({ keyword }) => /^(HTTP_GET|SSL_GET|MISC_CHECK)$/.test(keyword));
          yield {
            at: incomplete ?? real.at,
            message: incomplete
              ? `${incomplete.keyword} of ${realServerName(real)} has no ${incomplete.keyword === "MISC_CHECK" ? "misc_path" : "url"}: ${director} leaves it out, nothing checks the server`
              : `nothing checks ${realServerName(real)} of ${service.name}: ${director} sends clients to it when it is dead`,
            fix: incomplete
              ? `write ${incomplete.keyword === "MISC_CHECK" ? "misc_path" : "a url block with a path"} into it`
              : "give it a check, such as TCP_CHECK { connect_timeout 3 }",
          };
        }
  },
};
