import { isMixed } from "../../directors/virtual-server.ts";
import type { Rule } from "../rule.ts";

export const virtualServerGroupMissing: Rule = {
  id: "virtual-server-group-missing",
  title: "a virtual server of a group that is not there, or empty",
  level: "error",
  why: "keepalived leaves the virtual server out, with a line in its log. `keepalived -t` does not say so of a group that is not there.",
  source: "link_vsg_to_vs() in keepalived's ipwrapper.c; vsg_handler() in check_parser.c",
  *look({ directors }) {
    for (const { name: director, virtualServers, configuration } of directors)
      for (const { at, leftOut } of virtualServers) {
        if (leftOut !== "no group") continue;
        const [, name = ""] = at.words;
        const groups = configuration.statements.filter(({ keyword }) => keyword === "virtual_server_group");
        const group = groups.find(({ words }) => words[0] === name);
        if (!group) {
          const others = groups.map(({ words }) => words[0]);
          yield {
            at,
            message: `${director} has no virtual_server_group ${name}, so it leaves this virtual server out`,
            fix:
              others.length > 0
                ? `name one that there is: ${others.join(", ")}`
                : `write \`virtual_server_group ${name || "NAME"} { … }\``,
          };
        } else if (isMixed(group.block ?? [])) {
          yield {
            at,
            also: [group],
            message: `virtual_server_group ${name} has addresses of both families and a firewall mark of none: ${director} leaves it out, and this virtual server`,
            fix: "write `inet` or `inet6` behind the mark",
          };
        } else {
          yield {
            at,
            also: [group],
            message: `virtual_server_group ${name} has no line that ${director} takes, so it leaves this virtual server out`,
            fix: "write `ADDRESS PORT` or `fwmark MARK` into the group",
          };
        }
      }
  },
};
