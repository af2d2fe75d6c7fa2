import type { RealServer, SorryServer, VirtualServer } from "../../directors/virtual-server.ts";
import type { Rule } from "../rule.ts";
import { realServerName } from "../services.ts";
import { listed } from "../words.ts";

/** The ports for which packets come to a server, where it is another one that is written. */
function portsInstead({ method, port }: RealServer | SorryServer, { ranges }: VirtualServer): number[] {
  if (method === "NAT" || port === 0) return [];
  return [...new Set(ranges.map((range) => range.port))].filter((asked) => asked > 0 && asked !== port);
}

export const portNotChanged: Rule = {
  id: "port-not-changed",
  title: "a server's port that direct routing or a tunnel cannot reach",
  level: "error",
  why:
    "With DR and TUN the packet reaches the real server as the client sent it, with the virtual server's port; keepalived sets the real server's port to " +
    "it, and in a group leaves it as it is written. The checks ask the port that is written, so the server counts as alive while clients get no answer.",
  source:
    "validate_check_config() in keepalived's check_data.c, queue_checker() in check_api.c; ipvsadm(8), --real-server",
  *look({ directors }) {
    for (const { virtualServers } of directors)
      for (const service of virtualServers) {
        const { name, realServers, sorryServer } = service;
        for (const server of [...realServers, ...(sorryServer ? [sorryServer] : [])]) {
          const ports = portsInstead(server, service);
          if (ports.length === 0) continue;
          const who = server === sorryServer ? `the sorry server ${realServerName(server)}` : realServerName(server);
          const which = `port${ports.length > 1 ? "s" : ""} ${listed(ports.map(String))}`;
          yield {
            at: server.at,
            message: `${who} gets packets for ${which}, that of ${name}: ${server.method} does not change ports`,
            fix: `let the server listen on ${which}${ports.length > 1 ? "" : " and write that"}, or use NAT`,
          };
        }
      }
  },
};
