import { everyStatement } from "../../conf/walk.ts";
import { type RouteRefusal, refusalOfRoute, refusalOfRule } from "../../directors/route.ts";
import type { Rule } from "../rule.ts";

const readers = {
  virtual_routes: refusalOfRoute,
  static_routes: refusalOfRoute,
  virtual_rules: refusalOfRule,
  static_rules: refusalOfRule,
} as const;

export const routeLeftOut: Rule = {
  id: "route-left-out",
  title: "a route or a rule that keepalived does not take",
  level: "error",
  why:
    "keepalived goes on without it, with a line in its log, so that the master has no way to where it leads; with a line that ends before its last value it " +
    "does not start.",
  source:
    "alloc_route() in keepalived's vrrp_iproute.c, alloc_rule() in vrrp_iprule.c; keepalived.conf(5), virtual_routes; ip-route(8), ip-rule(8)",
  *look({ folder }) {
    for (const { written } of folder.configurations)
      for (const { at: list, kind } of everyStatement(written)) {
        if (kind !== "list" || !Object.hasOwn(readers, list.keyword)) continue;
        const refusalOf = readers[list.keyword as keyof typeof readers];
        for (const at of list.block ?? []) {
          const refusal = refusalOf(at);
          if (refusal)
            yield {
              at,
              message: messageOf(refusal, list.keyword.endsWith("routes") ? "route" : "rule"),
              fix: refusal.fix,
            };
        }
      }
  },
};

function messageOf({ wrong, outcome }: RouteRefusal, what: string): string {
  if (outcome === "takes it otherwise") return `keepalived complains of this ${what}: ${wrong}`;
  return outcome === "does not start"
    ? `keepalived does not start with this ${what}: ${wrong}`
    : `keepalived leaves this ${what} out: ${wrong}`;
}
