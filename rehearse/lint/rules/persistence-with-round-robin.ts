import { last } from "../../conf/tree.ts";
import type { VirtualServer } from "../../directors/virtual-server.ts";
import type { Rule } from "../rule.ts";

export const persistenceWithRoundRobin: Rule = {
  id: "persistence-with-round-robin",
  title: "persistence where requests are meant to take turns",
  level: "warning",
  why:
    "The scheduler chooses only for a client that is new. For persistence_timeout seconds after its last connection a client stays on the real " +
    "server that it had, and whoever tests with one client sees one real server alone.",
  source: "ipvsadm(8), --persistent; ip_vs_sched_persist() in Linux's net/netfilter/ipvs/ip_vs_core.c",
  *look({ directors }) {
    for (const { virtualServers } of directors)
      for (const service of virtualServers) {
        const { name, block, scheduler, persistence, realServers } = service;
        const at = last(block, "persistence_timeout");
        if (
          !at ||
          persistence === 0 ||
          !["rr", "wrr"].includes(scheduler) ||
          realServers.length < 2 ||
          isNeeded(service)
        )
          continue;
        yield {
          at,
          message: `${name} keeps a client on one real server for ${persistence} s; ${scheduler} takes turns among new clients only`,
          fix: `remove persistence_timeout if requests are to take turns; if clients are to stay, allow it: \`# lint: allow persistence-with-round-robin\``,
        };
      }
  },
};

/** Whether connections belong together, those of several ports, so that the service does not work without persistence. */
const isNeeded = ({ kind, ranges, block }: VirtualServer): boolean =>
  kind === "fwmark" ||
  ranges.some(({ port }) => port === 0 || port === ftp) ||
  last(block, "persistence_engine") !== undefined;

const ftp = 21;
