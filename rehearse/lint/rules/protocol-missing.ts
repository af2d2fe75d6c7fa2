import { last } from "../../conf/tree.ts";
import type { Rule } from "../rule.ts";

export const protocolMissing: Rule = {
  id: "protocol-missing",
  title: "a virtual server without a protocol",
  level: "error",
  why: "keepalived then takes UDP. A service over TCP gets no clients: the director's own kernel refuses their connections.",
  source: "validate_check_config() in keepalived's check_data.c",
  *look({ directors }) {
    for (const { virtualServers } of directors)
      for (const { at, name, block, ranges } of virtualServers)
        if (ranges.length > 0 && !last(block, "protocol"))
          yield {
            at,
            message: `${name} has no protocol; keepalived makes it a service over UDP`,
            fix: "write `protocol TCP`, or UDP if that is meant",
          };
  },
};
