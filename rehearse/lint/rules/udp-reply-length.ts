import { all, last } from "../../conf/tree.ts";
import { numberOf } from "../../directors/instance.ts";
import type { Rule } from "../rule.ts";
import { realServerName } from "../services.ts";

/** Bytes: udp_check_handler() of keepalived's check_udp.c. */
const [leastByDefault, mostByDefault] = [0, 255];

export const udpReplyLength: Rule = {
  id: "udp-reply-length",
  title: "lengths of a UDP_CHECK's answer that let none pass, or do not count",
  level: "error",
  why:
    "Where require_reply says which bytes are to come, an answer must have min_reply_length to max_reply_length of them; without these lines, 0 to 255. If the " +
    "least is more than the most, no answer passes, and the real server is removed although it answers. Where require_reply has no bytes, any answer passes.",
  source: "udp_check_thread() and check_udp_reply() in keepalived's check_udp.c; keepalived.conf(5), UDP_CHECK",
  *look({ directors }) {
    for (const { virtualServers } of directors)
      for (const real of virtualServers.flatMap(({ realServers }) => realServers))
        for (const { block, kind } of real.checks) {
          if (kind !== "UDP_CHECK") continue;
          const [least, most] = [last(block, "min_reply_length"), last(block, "max_reply_length")];
          const [from, to] = [numberOf(least) ?? leastByDefault, numberOf(most) ?? mostByDefault];
          if (!last(block, "require_reply")?.words.length)
            for (const at of all(block, "min_reply_length", "max_reply_length"))
              yield {
                at,
                message: `keepalived ignores ${at.keyword} of ${realServerName(real)}: no require_reply says which bytes are to come`,
                fix: "write the first bytes of the answer behind require_reply, such as `require_reply XX` for any, or remove the line",
              };
          else if (least && from > to)
            yield {
              at: least,
              ...(most ? { also: [most] } : {}),
              message: `no answer of ${realServerName(real)} has ${from} bytes or more and ${to} or less${most ? "" : ", which is the default"}`,
              fix: most
                ? "write a min_reply_length that is not above the max_reply_length"
                : "write a max_reply_length",
            };
        }
  },
};
