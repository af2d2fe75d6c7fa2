import type { Rule } from "../rule.ts";

export const virtualServerGroupFamilies: Rule = {
  id: "virtual-server-group-families",
  title: "a group with addresses of another family than its servers",
  level: "error",
  why:
    "Unless all its servers are reached by tunnel, a virtual server is of one family, that of its first server or of ip_family. keepalived leaves the virtual " +
    "server of a group out that has an address of the other one, all of it, with a line in its log. `keepalived -t` says nothing.",
  source: "link_vsg_to_vs() in keepalived's ipwrapper.c; rs_end_handler() and vs_end_handler() in check_parser.c",
  *look({ directors }) {
    for (const { name: director, virtualServers } of directors)
      for (const { at, leftOut, family, groupFamilies, entries } of virtualServers) {
        if (leftOut !== "families") continue;
        const [, group = ""] = at.words;
        const has = groupFamilies.map((one) => `IPv${one}`).sort();
        yield {
          at,
          also: entries,
          message: `${director} leaves this virtual server out: virtual_server_group ${group} has ${has.join(" and ")}, and its servers are IPv${family}`,
          fix:
            has.length > 1
              ? "write a group and a virtual server for each family"
              : `write servers of ${has.join("")} into it, or IPv${family} into the group`,
        };
      }
  },
};
