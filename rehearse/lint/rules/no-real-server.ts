import { all } from "../../conf/tree.ts";
import type { Rule } from "../rule.ts";

export const noRealServer: Rule = {
  id: "no-real-server",
  title: "a virtual server without a real server",
  level: "error",
  why:
    "keepalived leaves the virtual server out, its sorry_server with it, with a line in its log. Nothing is in the kernel's table, so the director itself " +
    "answers at the address: mostly with a refused connection.",
  source: "validate_check_config() in keepalived's check_data.c",
  *look({ directors }) {
    for (const { name: director, virtualServers } of directors)
      for (const { at, name, block, realServers, leftOut } of virtualServers) {
        if (realServers.length > 0 || leftOut !== undefined) continue;
        const written = all(block, "real_server");
        yield {
          at,
          also: written,
          message: `${director} leaves the virtual server ${name} out: it ${written.length > 0 ? "takes none of its real servers" : "has no real_server"}`,
          fix: "write `real_server ADDRESS PORT { … }` into it, or remove it",
        };
      }
  },
};
