import type { Rule } from "../rule.ts";
import { realServerName } from "../services.ts";

export const portNotChanged: Rule = {
  id: "port-not-changed",
  title: "a real server's port that direct routing or a tunnel cannot reach",
  level: "error",
  why:
    "With DR and TUN the packet reaches the real server as the client sent it, with the virtual server's port; keepalived sets the real server's port to " +
    "it. The checks still ask the port that is written, so the server counts as alive while clients get no answer.",
  source:
    "validate_check_config() in keepalived's check_data.c, queue_checker() in check_api.c; ipvsadm(8), --real-server",
  *look({ directors }) {
    for (const { virtualServers } of directors)
      for (const { name, kind, realServers } of virtualServers)
        for (const real of realServers) {
          if (kind !== "address" || !(real.port > 0) || real.port === real.portInTable) continue;
          yield {
            at: real.at,
            message: `${realServerName(real)} gets packets for port ${real.portInTable}, that of ${name}: ${real.method} does not change ports`,
            fix: `let the real server listen on port ${real.portInTable} and write that, or use NAT`,
          };
        }
  },
};
