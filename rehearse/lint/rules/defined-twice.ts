import type { Statement } from "../../conf/tree.ts";
import { definitions } from "../../directors/track.ts";
import type { Rule } from "../rule.ts";

/** Blocks of which the first one of a name counts. */
const named = ["vrrp_instance", "vrrp_sync_group", ...Object.keys(definitions)];

export const definedTwice: Rule = {
  id: "defined-twice",
  title: "two blocks of one name, of which keepalived takes the first",
  level: "error",
  why: "Nothing of the second one counts. It is often a copy whose name should have been another one; of some keepalived says nothing.",
  source:
    "vrrp_handler() and vrrp_sync_group_handler() in keepalived's vrrp_parser.c; find_script_by_name() in vrrp_track.c",
  *look({ folder }) {
    for (const { director, statements } of folder.configurations) {
      const firsts = new Map<string, Statement>();
      for (const at of statements) {
        const [name] = at.words;
        if (!named.includes(at.keyword) || name === undefined) continue;
        const key = `${at.keyword} ${name}`;
        const first = firsts.get(key);
        if (!first) firsts.set(key, at);
        else
          yield {
            at,
            also: [first],
            message: `${director} has a ${at.keyword} ${name} already, and keepalived takes nothing of this one`,
            fix: "give it a name of its own, or remove it",
          };
      }
    }
  },
};
