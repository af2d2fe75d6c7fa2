import type { Rule } from "../rule.ts";
import { realServerName } from "../services.ts";

export const checkWithoutPort: Rule = {
  id: "check-without-port",
  title: "a health check that asks port 0",
  level: "error",
  why:
    "A check asks the port that stands behind the real server's address, or its own connect_port; it does not take the virtual server's. Without either " +
    "it asks port 0, where nobody answers, and the real server is removed.",
  source: "queue_checker() in keepalived's check_api.c; keepalived.conf(5), connect_port",
  *look({ directors }) {
    for (const { virtualServers } of directors)
      for (const { realServers } of virtualServers)
        for (const real of realServers)
          for (const { at, kind, port } of real.checks)
            if (port === 0)
              yield {
                at,
                also: [real.at],
                message: `${kind} of ${realServerName(real)} asks port 0: neither the real server nor the check has a port`,
                fix: "write connect_port into the check",
              };
  },
};
