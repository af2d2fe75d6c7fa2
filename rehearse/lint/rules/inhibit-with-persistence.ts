import { last, type Statement } from "../../conf/tree.ts";
import type { RealServer } from "../../directors/virtual-server.ts";
import type { Rule } from "../rule.ts";
import { keptRealServers, realServerName } from "../services.ts";

export const inhibitWithPersistence: Rule = {
  id: "inhibit-with-persistence",
  title: "inhibit_on_failure where clients stay with their real server",
  level: "error",
  why:
    "inhibit_on_failure leaves a real server that has failed in the table, with weight 0. That keeps new clients away; one that persistence has tied to it " +
    "goes on to it, and each new connection begins its time anew. Only a server that is taken out lets its clients go, or the kernel's setting " +
    "net.ipv4.vs.expire_quiescent_template.",
  source:
    "Linux's Documentation/networking/ipvs-sysctl.rst, expire_quiescent_template; ip_vs_check_template() in net/netfilter/ipvs/ip_vs_conn.c; keepalived.conf(5), inhibit_on_failure",
  *look({ directors, folder }) {
    for (const { virtualServers } of directors)
      for (const service of virtualServers) {
        const { at, block, name, persistence } = service;
        if (persistence === 0) continue;
        const inhibited = new Map<Statement, RealServer[]>();
        for (const real of keptRealServers(service)) {
          const line = last(real.block, "inhibit_on_failure") ?? last(block, "inhibit_on_failure");
          if (real.inhibit && real.checks.length > 0 && line)
            inhibited.set(line, [...(inhibited.get(line) ?? []), real]);
        }
        if (inhibited.size === 0 || folder.texts().some(({ text }) => letsGo.test(text))) continue;
        for (const [line, reals] of inhibited)
          yield {
            at: line,
            also: [last(block, "persistence_timeout") ?? at],
            message: `a client of ${name} stays with ${reals.map(realServerName).join(" or ")} when it has failed: inhibit_on_failure leaves it in the table, and persistence the client with it`,
            fix: "remove inhibit_on_failure, or set net.ipv4.vs.expire_quiescent_template=1 on the directors, and put the file that does it into the folder",
          };
      }
  },
};

/** A line of sysctl.conf(5), an argument of sysctl(8), or an echo into the kernel's file. */
const letsGo =
  /^(?!\s*[#;]).*(?:\bexpire_quiescent_template[ \t]*=[ \t]*[1-9]|\b[1-9]\d*[ \t]*>[ \t]*\S*\/expire_quiescent_template\b)/m;
