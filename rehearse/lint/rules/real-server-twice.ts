import type { Rule } from "../rule.ts";
import { realServerName } from "../services.ts";

export const realServerTwice: Rule = {
  id: "real-server-twice",
  title: "a real server that stands twice in a virtual server",
  level: "error",
  why:
    "keepalived removes the second one with its weight and its checks, and starts without it. Most often another address was meant, and that server " +
    "then gets no clients.",
  source: "validate_check_config() in keepalived's check_data.c",
  *look({ directors }) {
    for (const { name: director, virtualServers } of directors)
      for (const { name, realServers } of virtualServers)
        for (const [index, real] of realServers.entries()) {
          const first = realServers
            .slice(0, index)
            .find(({ address, port }) => address === real.address && port === real.port);
          if (first)
            yield {
              at: real.at,
              also: [first.at],
              message: `${realServerName(real)} stands twice in ${name}; ${director} starts without the second one`,
              fix: "write the address that is meant, or remove one of the two",
            };
        }
  },
};
