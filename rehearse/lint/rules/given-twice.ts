import { countsOnce } from "../../conf/keywords.ts";
import type { Statement } from "../../conf/tree.ts";
import { everyStatement } from "../../conf/walk.ts";
import type { Rule } from "../rule.ts";

export const givenTwice: Rule = {
  id: "given-twice",
  title: "a line that keepalived ignores, since the first one of its keyword counts",
  level: "error",
  why:
    "Of most keywords the last line counts, and of some the first: keepalived runs one notify_master, quorum_up or notify_down, and of the others there is a " +
    "line in its log.",
  source: "vrrp_notify_master_handler() and its like in keepalived's vrrp_parser.c, check_parser.c and global_parser.c",
  *look({ folder }) {
    for (const { written } of folder.configurations) {
      /** The first lines, by the block that they are in. */
      const firsts = new Map<Statement, Map<string, Statement>>();
      for (const { at, kind, around } of everyStatement(written)) {
        const { keyword } = at;
        const isGroup = around?.keyword === "vrrp_sync_group" && keyword === "group";
        if (!around || kind === undefined || !(isGroup || countsOnce(around.keyword, keyword))) continue;
        const inside = firsts.get(around) ?? new Map<string, Statement>();
        firsts.set(around, inside);
        const first = inside.get(keyword);
        if (first)
          yield {
            at,
            also: [first],
            message: `keepalived ignores this ${keyword}: ${[around.keyword, ...around.words].join(" ")} has one already`,
            fix: isGroup
              ? "write all instances into the first group"
              : /^(notify|quorum)/.test(keyword)
                ? "write one script that does both"
                : "remove the line that is wrong",
          };
        else inside.set(keyword, at);
      }
    }
  },
};
