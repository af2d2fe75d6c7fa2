import type { Rule } from "../rule.ts";

export const virtualServerGroupMissing: Rule = {
  id: "virtual-server-group-missing",
  title: "a virtual server of a group that is not there",
  level: "error",
  why: "keepalived leaves the virtual server out, with a line in its log. `keepalived -t` does not say so.",
  source: "link_vsg_to_vs() in keepalived's ipwrapper.c",
  *look({ directors }) {
    for (const { name: director, virtualServers, configuration } of directors)
      for (const { at, groupMissing } of virtualServers) {
        if (!groupMissing) continue;
        const names = configuration.statements
          .filter(({ keyword }) => keyword === "virtual_server_group")
          .map(({ words }) => words[0]);
        yield {
          at,
          message: `${director} has no virtual_server_group ${at.words[1] ?? ""}, so it leaves this virtual server out`,
          fix:
            names.length > 0
              ? `name one that there is: ${names.join(", ")}`
              : `write \`virtual_server_group ${at.words[1] ?? "NAME"} { … }\``,
        };
      }
  },
};
