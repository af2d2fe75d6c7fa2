import { last } from "../../conf/tree.ts";
import type { Rule } from "../rule.ts";

export const haSuspendInGroup: Rule = {
  id: "ha-suspend-in-group",
  title: "ha_suspend in a virtual server of a group",
  level: "error",
  why:
    "With ha_suspend health checks begin when the director gets the virtual server's address. keepalived never finds that it got one of a group's: the " +
    "checks never run, on the master neither, and a real server that fails stays in the table. With alpha none ever comes in.",
  source:
    "addr_matches() in keepalived's check_api.c, the same from 2.2.7 to 2.4.3; keepalived.conf(5), ha_suspend. Firewall marks: validate_check_config() in check_data.c",
  *look({ directors }) {
    for (const { virtualServers } of directors)
      for (const { at, block, entries, realServers } of virtualServers) {
        const suspend = last(block, "ha_suspend");
        // keepalived clears it beside firewall marks, and says so.
        if (!suspend || entries.length === 0 || last(entries, "fwmark")) continue;
        const checks = realServers.flatMap((real) => real.checks).filter(({ timeout }) => timeout !== undefined);
        if (checks.length === 0) continue;
        yield {
          at: suspend,
          also: [at],
          message: `keepalived never runs the health checks of the group ${at.words[1] ?? ""}, because of ha_suspend: no failure of a real server is noticed`,
          fix: "remove ha_suspend, or write a virtual server of its own for each address",
        };
      }
  },
};
