import { last } from "../../conf/tree.ts";
import type { VirtualServer } from "../../directors/virtual-server.ts";
import type { Found, Rule } from "../rule.ts";
import { keptRealServers, weightOf } from "../services.ts";

export const virtualServerOptionIgnored: Rule = {
  id: "virtual-server-option-ignored",
  title: "an option that this virtual server cannot have",
  level: "error",
  why:
    "keepalived runs without it, or with what is possible, and a line in its log: connections are scheduled whole, health checks run on every director, or a " +
    "quorum comes back sooner than it says.",
  source:
    "validate_check_config() in keepalived's check_data.c; ipvsadm(8), --ops; keepalived.conf(5), ha_suspend and hysteresis",
  *look({ directors }) {
    for (const { virtualServers } of directors) for (const service of virtualServers) yield* ignoredIn(service);
  },
};

function* ignoredIn(service: VirtualServer): Iterable<Found> {
  const { name, block, kind, protocol, entries, hysteresis } = service;
  const ops = last(block, "ops");
  if (ops && protocol !== undefined && protocol !== "UDP")
    yield {
      at: ops,
      message: `keepalived ignores ops of ${name}: one-packet scheduling is for UDP, and this is ${protocol}`,
      fix: "remove it",
    };
  const suspend = last(block, "ha_suspend");
  if (suspend && (kind === "fwmark" || last(entries, "fwmark")))
    yield {
      at: suspend,
      message: `keepalived ignores ha_suspend of ${name}: a firewall mark has no address that could be on another director`,
      fix: "remove it",
    };
  const sum = weightOf(keptRealServers(service));
  const quorum = Math.min(service.quorum, sum);
  const at = last(block, "hysteresis");
  // Where the weights do not reach what is left: rule quorum-out-of-reach.
  if (at && hysteresis >= quorum && quorum + quorum - 1 <= sum)
    yield {
      at,
      message: `keepalived lowers the hysteresis of ${name} from ${hysteresis} to ${quorum - 1}, less than its quorum`,
      fix: "write a hysteresis that is less than the quorum",
    };
}
