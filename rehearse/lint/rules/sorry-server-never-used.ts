import type { Rule } from "../rule.ts";
import { keptRealServers, realServerName, weightOf } from "../services.ts";

export const sorryServerNeverUsed: Rule = {
  id: "sorry-server-never-used",
  title: "a sorry_server that never gets a client",
  level: "error",
  why:
    "The sorry server comes in when the weights of the live real servers fall below quorum - hysteresis, or to 0. A real server that nothing checks " +
    "is alive always: as long as such servers weigh enough, the sorry server is never put into the table.",
  source: "update_quorum_state() in keepalived's ipwrapper.c; keepalived.conf(5), sorry_server",
  *look({ directors }) {
    for (const { virtualServers } of directors)
      for (const service of virtualServers) {
        const { name, sorryServer, quorum, hysteresis } = service;
        const unchecked = keptRealServers(service).filter(({ checks, weight }) => checks.length === 0 && weight > 0);
        const weight = weightOf(unchecked);
        if (!sorryServer || weight < Math.max(1, quorum - hysteresis)) continue;
        yield {
          at: sorryServer.at,
          also: unchecked.map(({ at }) => at),
          message: `the sorry server of ${name} never gets a client: nothing checks ${unchecked.map(realServerName).join(", ")}`,
          fix: "give each real server a check, such as TCP_CHECK { connect_timeout 3 }",
        };
      }
  },
};
