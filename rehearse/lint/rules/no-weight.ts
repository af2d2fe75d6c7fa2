import { last } from "../../conf/tree.ts";
import type { Rule } from "../rule.ts";
import { keptRealServers } from "../services.ts";

export const noWeight: Rule = {
  id: "no-weight",
  title: "a virtual server whose real servers all have the weight 0",
  level: "error",
  why: "Weight 0 means no new connections. Where all real servers have it, new clients get no answer, and the quorum is never there.",
  source: "ipvsadm(8), --weight; keepalived.conf(5), weight",
  *look({ directors }) {
    for (const { virtualServers } of directors)
      for (const service of virtualServers) {
        const reals = keptRealServers(service);
        const dynamic = reals.some(({ checks }) =>
          checks.some(({ kind, block }) => kind === "FILE_CHECK" || last(block, "misc_dynamic")),
        );
        const [first] = reals;
        if (!first || dynamic || reals.some(({ weight }) => weight > 0)) continue;
        yield {
          at: last(first.block, "weight") ?? first.at,
          also: reals.slice(1).map(({ at }) => at),
          message: `all real servers of ${service.name} have the weight 0: it takes no new clients`,
          fix: "write a weight of 1 or more for those that are to get clients",
        };
      }
  },
};
