import { last } from "../../conf/tree.ts";
import { schedulers } from "../../conf/values.ts";
import { endpointOf } from "../../directors/endpoint.ts";
import type { VirtualServer } from "../../directors/virtual-server.ts";
import type { Found, Rule } from "../rule.ts";
import { keptRealServers, weightOf } from "../services.ts";

export const virtualServerOptionIgnored: Rule = {
  id: "virtual-server-option-ignored",
  title: "an option that this virtual server cannot have",
  level: "error",
  why:
    "keepalived runs without it, or with what is possible, and a line in its log: connections are scheduled whole, health checks run on every director, or a " +
    "quorum comes back sooner than it says. Flags of a scheduler and options of a sorry server count behind the line that they belong to.",
  source:
    "validate_check_config() in keepalived's check_data.c; lbflags_handler() and ssvri_handler() in check_parser.c; ipvsadm(8), --ops; keepalived.conf(5), ha_suspend and hysteresis",
  *look({ directors }) {
    for (const { virtualServers } of directors) for (const service of virtualServers) yield* ignoredIn(service);
  },
};

/** The scheduler that a flag is for: ipvsadm(8), --sched-flags. */
const flags: Readonly<Record<string, string>> = {
  ...{ "sh-port": "sh", "sh-fallback": "sh", "mh-port": "mh", "mh-fallback": "mh" },
};

/** Lines that count behind another one alone, in the order of the block. */
function* tooEarlyIn({ name, block, scheduler }: VirtualServer): Iterable<Found> {
  let now: string | undefined;
  let hasSorryServer = false;
  for (const at of block) {
    const { keyword, words } = at;
    const wanted = flags[keyword];
    if (["lb_algo", "lvs_sched"].includes(keyword) && schedulers.includes(words[0] ?? "")) now = words[0];
    else if (keyword === "sorry_server" && endpointOf(words)) hasSorryServer = true;
    else if (wanted !== undefined && wanted !== now)
      yield {
        at,
        message: `keepalived ignores ${keyword} of ${name}: ${
          wanted === scheduler
            ? `lb_algo ${wanted} comes after it`
            : `it is for the scheduler ${wanted}, and this is ${scheduler}`
        }`,
        fix: wanted === scheduler ? "write it behind lb_algo" : `remove it, or write \`lb_algo ${wanted}\` before it`,
      };
    else if (["sorry_server_inhibit", "sorry_server_lvs_method"].includes(keyword) && !hasSorryServer)
      yield {
        at,
        message: `keepalived ignores ${keyword} of ${name}: there is no sorry_server before it`,
        fix: "write it behind sorry_server",
      };
  }
}

function* ignoredIn(service: VirtualServer): Iterable<Found> {
  yield* tooEarlyIn(service);
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
