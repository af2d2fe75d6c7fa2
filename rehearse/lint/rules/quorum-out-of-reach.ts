import { last } from "../../conf/tree.ts";
import type { VirtualServer } from "../../directors/virtual-server.ts";
import type { Rule } from "../rule.ts";
import { keptRealServers, weightOf } from "../services.ts";

export const quorumOutOfReach: Rule = {
  id: "quorum-out-of-reach",
  title: "a quorum that the weights of all real servers do not reach",
  level: "error",
  why:
    "A virtual server gains its quorum when the weights of its live real servers are quorum + hysteresis. Where all together are less it never does, " +
    "from the start: quorum_up does not run, and a sorry_server stays in the table instead of the real servers. A quorum that is too large by itself is " +
    "lowered.",
  source:
    "update_quorum_state() and set_quorum_states() in keepalived's ipwrapper.c, validate_check_config() in check_data.c",
  *look({ directors }) {
    for (const { virtualServers } of directors)
      for (const service of virtualServers) {
        const { name, block, hysteresis } = service;
        const reals = keptRealServers(service);
        const sum = weightOf(reals);
        const at = last(block, "hysteresis") ?? last(block, "quorum");
        if (!at || sum === 0) continue;
        // keepalived lowers a quorum above the sum to it, and a hysteresis of the quorum or more to one less.
        const quorum = Math.min(service.quorum, sum);
        const needed = quorum + Math.min(hysteresis, quorum - 1);
        const reached = needed <= sum || reals.some(({ checks }) => checks.some(changesWeight));
        if (reached && service.quorum <= sum) continue;
        yield {
          at: service.quorum > sum ? (last(block, "quorum") ?? at) : at,
          message:
            service.quorum > sum
              ? `${name} wants a quorum of ${service.quorum}, its real servers weigh ${sum} together; keepalived lowers the quorum to ${sum}`
              : `${name} gains its quorum at ${needed} (${quorum} and a hysteresis of ${needed - quorum}), its real servers weigh ${sum} together: it never does`,
          fix: `write a quorum and a hysteresis that are at most ${sum} together, or larger weights`,
        };
      }
  },
};

/** Checks that may raise a weight above the one that is written. */
const changesWeight = ({ kind, block }: VirtualServer["realServers"][number]["checks"][number]): boolean =>
  kind === "FILE_CHECK" || last(block, "misc_dynamic") !== undefined;
