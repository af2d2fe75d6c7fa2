import { last } from "../../conf/tree.ts";
import { numberOf } from "../../directors/instance.ts";
import type { Rule } from "../rule.ts";
import { realServerName } from "../services.ts";

/** Bytes: udp_check_handler() of keepalived's check_udp.c. */
const [leastByDefault, mostByDefault] = [0, 255];

export const udpReplyLength: Rule = {
  id: "udp-reply-length",
  title: "a UDP_CHECK that no answer passes",
  level: "error",
  why:
    "With require_reply an answer counts if it has min_reply_length to max_reply_length bytes; without these lines, 0 to 255. Where the least is more than " +
    "the most, no answer does, and the real server is removed although it answers.",
  source: "udp_check_handler() and check_udp_reply() in keepalived's check_udp.c; keepalived.conf(5), UDP_CHECK",
  *look({ directors }) {
    for (const { virtualServers } of directors)
      for (const real of virtualServers.flatMap(({ realServers }) => realServers))
        for (const { at, kind, block } of real.checks) {
          if (kind !== "UDP_CHECK" || !last(block, "require_reply")) continue;
          const [least, most] = [last(block, "min_reply_length"), last(block, "max_reply_length")];
          const [from, to] = [numberOf(least) ?? leastByDefault, numberOf(most) ?? mostByDefault];
          if (from > to)
            yield {
              at: least ?? at,
              ...(most ? { also: [most] } : {}),
              message: `no answer of ${realServerName(real)} has ${from} bytes or more and ${to} or less${most ? "" : ", which is the default"}`,
              fix: most
                ? "write a min_reply_length that is not above the max_reply_length"
                : "write a max_reply_length",
            };
        }
  },
};
