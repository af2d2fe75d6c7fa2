import { type Family, familyOf, parseIp } from "../../lab/index.ts";
import type { Statement } from "../conf/tree.ts";
import { prefixLengths } from "../conf/values.ts";
import type { Refusal } from "./endpoint.ts";

/** What keepalived has against a line of routes or rules, and what it does with it. */
export interface RouteRefusal extends Refusal {
  readonly outcome: "does not start" | "leaves it out" | "takes it otherwise";
}

/** What a word of a line wants behind it. Behind `lockable` words, `lock` may come first; behind `unread` ones, nothing is known here. */
type Wants = "nothing" | "word" | "lockable" | "host" | "network" | "unread";

const wanting = (wants: Wants, text: string): Record<string, Wants> =>
  Object.fromEntries(text.split(" ").map((word) => [word, wants]));

/** alloc_route() in keepalived's vrrp_iproute.c. */
const routeWords: Readonly<Record<string, Wants>> = {
  ...wanting("nothing", "onlink add prepend append no_track"),
  ...wanting(
    "word",
    "tos dsfield table protocol scope metric priority preference dev oif expires hoplimit window realms",
  ),
  ...wanting("word", "initcwnd initrwnd features quickack pref ttl-propagate fastopen_no_cookie track_group vrf"),
  ...wanting("lockable", "mtu advmss rtt rttvar reordering cwnd ssthresh rto_min congctl"),
  ...wanting("host", "via gw src or"),
  ...wanting("network", "from to"),
  ...wanting("unread", "as encap nexthop"),
};

/** alloc_rule() in keepalived's vrrp_iprule.c. */
const ruleWords: Readonly<Record<string, Wants>> = {
  ...wanting("nothing", "not no_track nop blackhole unreachable prohibit l3mdev"),
  ...wanting("word", "table lookup preference order priority tos dsfield fwmark realms suppress_prefixlength sup_pl"),
  ...wanting("word", "suppress_ifgroup sup_group dev iif oif tunnel-id uidrange protocol ipproto sport dport"),
  ...wanting("word", "track_group goto"),
  ...wanting("network", "from to"),
};

/** Words that say what a rule does with its packets. */
const actions = ["table", "lookup", "goto", "nop", "blackhole", "unreachable", "prohibit", "l3mdev"];

/** The types of routes: ip-route(8). */
const types = /^(unicast|local|broadcast|anycast|multicast|blackhole|unreachable|prohibit|throw|nat|xresolve)$/;

const HOST = "write an IPv4 or IPv6 address";
const NETWORK = "write a network, such as `192.0.2.0/24`, or default";

const RULE_WORDS =
  "see virtual_rules in keepalived.conf(5): it has not all words of ip-rule(8), and no short forms such as pref";

const leftOut = (wrong: string, fix: string): RouteRefusal => ({ wrong, fix, outcome: "leaves it out" });

/** What is wrong with a line of virtual_routes or static_routes; undefined: nothing, as far as is known here. */
export function refusalOfRoute(line: Statement): RouteRefusal | undefined {
  const { refusal, hasDestination } = read([line.keyword, ...line.words], routeWords);
  if (refusal && refusal.outcome !== "takes it otherwise") return refusal;
  return hasDestination ? refusal : leftOut("it has no destination", `${NETWORK}, at the line's beginning`);
}

/** The same of virtual_rules and static_rules. */
export function refusalOfRule(line: Statement): RouteRefusal | undefined {
  const words = [line.keyword, ...line.words].filter(
    (word, place, all) => word !== "type" || /^inet6?$/.test(all[place - 1] ?? ""),
  );
  const { refusal } = read(words, ruleWords);
  if (refusal && refusal.outcome !== "takes it otherwise") return refusal;
  const does = words.filter((word, place) => actions.includes(word) && !/^inet6?$/.test(words[place - 1] ?? ""));
  if (does.length === 0)
    return leftOut("it does not say what to do with the packets", "write `table N`, or another action of ip-rule(8)");
  return does.length > 1 ? leftOut(`it has ${does.join(" and ")}`, "write one action a line") : refusal;
}

interface Read {
  readonly refusal?: RouteRefusal;
  /** Whether a route says where it leads. */
  readonly hasDestination: boolean;
}

function read(words: readonly string[], known: Readonly<Record<string, Wants>>): Read {
  const families = new Set<Family>();
  let refusal: RouteRefusal | undefined;
  let hasDestination = false;
  for (let place = 0; place < words.length; place++) {
    const word = words[place] as string;
    const wants = Object.hasOwn(known, word) ? known[word] : undefined;
    if (wants === "nothing") continue;
    if (wants === "unread") break;
    if (/^inet6?$/.test(word)) {
      families.add(word === "inet" ? 4 : 6);
      // keepalived goes past the word, and then past the next one.
      place++;
      continue;
    }
    if (wants === undefined && known === ruleWords)
      return { hasDestination, refusal: leftOut(`${word} is no word of a rule`, RULE_WORDS) };
    // What is no other word of a route is its destination, or its type before that.
    if (wants !== undefined || types.test(word)) place++;
    if (wants === "lockable" && words[place] === "lock") place++;
    if (wants === "host" && /^inet6?$/.test(words[place] ?? "")) place++;
    const operand = words[place];
    if (operand === undefined) return { hasDestination, refusal: unfinished(words) };
    if (wants === "word" || wants === "lockable") continue;
    const isHost = wants === "host";
    const { family, takenFor } = isHost ? { family: hostIn(operand), takenFor: undefined } : networkIn(operand);
    if (family === undefined)
      return {
        hasDestination,
        refusal: leftOut(`${operand} is no ${isHost ? "address" : "network"}`, isHost ? HOST : NETWORK),
      };
    if (takenFor)
      refusal ??= { wrong: `it takes ${takenFor} for ${operand}`, fix: NETWORK, outcome: "takes it otherwise" };
    if (family !== "any") families.add(family);
    if (families.size > 1)
      return { hasDestination, refusal: leftOut("it has IPv4 and IPv6", "write addresses of one family") };
    hasDestination ||= wants === undefined || word === "to";
  }
  return { hasDestination, ...(refusal ? { refusal } : {}) };
}

const unfinished = (words: readonly string[]): RouteRefusal => ({
  wrong: `${words.at(-1)} has no word behind it`,
  fix: "write what belongs to it, or remove it",
  outcome: "does not start",
});

function hostIn(text: string): Family | undefined {
  const address = parseIp(text);
  return address === undefined ? undefined : familyOf(address);
}

/** The family of a network, of the default route any; and what keepalived takes a network of a wrong length for. */
function networkIn(text: string): { readonly family: Family | "any" | undefined; readonly takenFor?: string } {
  if (["default", "any", "all"].includes(text)) return { family: "any" };
  if (text === "default6") return { family: 6 };
  const [own = "", length] = text.split("/");
  const family = hostIn(own);
  if (family === undefined || length === undefined || prefixLengths[family].isRight(length)) return { family };
  return { family, takenFor: `${own}/${family === 4 ? 32 : 128}` };
}
