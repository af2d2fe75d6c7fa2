import { all, last, type Statement } from "../../conf/tree.ts";
import type { Director } from "../../directors/director.ts";
import { type Instance, numberOf, ownerPriority } from "../../directors/instance.ts";
import type { Found, Rule } from "../rule.ts";

export const strictForbids: Rule = {
  id: "strict-forbids",
  title: "strict mode with what it forbids",
  level: "error",
  why:
    "Strict mode holds keepalived to the RFC. What the RFC does not know is reset at the start with a line in the log, and an instance without an " +
    "address keeps keepalived from starting.",
  source: "keepalived.conf(5), vrrp_strict; vrrp_complete_instance() in vrrp.c",
  *look({ directors }) {
    for (const director of directors)
      for (const instance of director.instances) if (instance.strict) yield* forbidden(director, instance);
  },
};

function* forbidden(director: Director, instance: Instance): Iterable<Found> {
  const { block, unicast, priority, addresses } = instance;
  const name = `${instance.name} of ${director.name}`;
  const mode = last(block, "strict_mode") ?? last(director.settings, "vrrp_strict");
  const also = mode ? [mode] : [];
  const fix = "remove this line, or strict mode";
  if (unicast)
    yield {
      at: unicast.at,
      ...{ also, fix },
      level: "warning",
      message: `strict mode forbids the unicast peers of ${name}: keepalived 2.4 does not start with them on an interface that has multicast; 2.2 and 2.3 miss it`,
    };
  const state = all(block, "state").find(({ words }) => words[0] === "MASTER");
  if (state && priority !== ownerPriority)
    yield {
      at: state,
      also,
      level: "warning",
      message: `in strict mode ${name} starts as BACKUP: only an address owner, with priority ${ownerPriority}, starts as MASTER`,
      fix: "write `state BACKUP`: the highest priority becomes master",
    };
  for (const [statement, what] of resets(instance))
    yield { at: statement, ...{ also, fix }, message: `strict mode resets ${what} of ${name}` };
  if (addresses.length === 0)
    yield {
      at: instance.at,
      ...{ also, fix: "write a virtual_ipaddress into it, or remove strict mode" },
      message: `${name} has no virtual_ipaddress: in strict mode keepalived does not start`,
    };
}

/** What strict mode resets; preempt_delay and authentication have rules of their own. */
function resets({ block }: Instance): [Statement, string][] {
  const numbers = ["garp_lower_prio_repeat", "garp_lower_prio_delay", "down_timer_adverts"] as const;
  return numbers.flatMap((keyword) => {
    const statement = last(block, keyword);
    const usual = keyword === "down_timer_adverts" ? 3 : 0;
    return statement && (numberOf(statement) ?? usual) !== usual ? [[statement, keyword]] : [];
  });
}
