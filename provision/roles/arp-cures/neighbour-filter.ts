import { isDeepStrictEqual } from "node:util";
import { toIp, wordsOf } from "../../../lab/index.ts";
import { command } from "../../ssh/index.ts";
import { chainObject, newTable, parseRuleset, type RulesetObject } from "../nft-ruleset.ts";
import { type ArpSite, ipv6Vips } from "./method.ts";

/** The filter's own table, of nft's family ip6: no other is touched. */
const TABLE = "lvs_lab";

const CHAINS = ["input", "output"].map((hook) => ({ hook, priority: 0 }));

/**
 * nft(8), family ip6, the twin of the family arp's cure: neighbour solicitations for a VIP are dropped, and so are advertisements that claim it; what is
 * solicited in its name leaves with the server's own address, because dropping that too would cost the server its neighbours. The target address is told
 * by its place in the message (RFC 4861, section 4.3): nft has a name for it only since 1.0.8.
 */
export const neighbourFilter = {
  start: (site: ArpSite): string[] => [
    ...newTable("ip6", TABLE, CHAINS),
    ...rules(site).map((rule) => `/usr/sbin/nft add rule ip6 ${TABLE} ${rule}`),
  ],
  stop: (): string[] => [`-/usr/sbin/nft delete table ip6 ${TABLE}`],
  // As JSON: the text differs between versions.
  question: "nft --json list ruleset ip6",
  /** What of it is in force: `whole`, something else in words, or nothing. */
  observe(site: ArpSite, answer: string): "whole" | "other nftables rules for IPv6" | undefined {
    const listed = parseRuleset(answer).filter(({ table }) => table === TABLE);
    if (listed.length === 0) return undefined;
    const own = listed.filter(({ kind }) => kind !== "table").map(({ table: _, ...rest }) => normal(rest));
    return isDeepStrictEqual(own, wanted(site)) ? "whole" : "other nftables rules for IPv6";
  },
  undo: command`nft delete table ip6 ${TABLE} 2>/dev/null`,
};

/** An address as a number in hexadecimal, as nft has a field that it knows by its place alone. */
const asNumber = (address: string): string =>
  `0x${wordsOf(toIp(address))
    .map((word) => word.toString(16).padStart(8, "0"))
    .join("")}`;

const rules = (site: ArpSite): string[] => [
  ...ipv6Vips(site).map((vip) => `input icmpv6 type nd-neighbor-solicit @th,64,128 ${asNumber(vip)} drop`),
  ...ipv6Vips(site).flatMap((vip) => [
    `output icmpv6 type nd-neighbor-advert @th,64,128 ${asNumber(vip)} drop`,
    `output icmpv6 type nd-neighbor-solicit ip6 saddr ${vip} ip6 saddr set ${site.address6 ?? ""}`,
  ]),
];

const equals = (left: object, right: string) => ({ match: { op: "==", left, right } });
const ofType = (type: string) => equals({ payload: { protocol: "icmpv6", field: "type" } }, type);
const about = (vip: string) => equals({ payload: TARGET }, asNumber(vip));
const TARGET = { base: "th", offset: 64, len: 128 };
const SOURCE = { payload: { protocol: "ip6", field: "saddr" } };

/** The objects of the table, in the form and order of `parseRuleset`. */
const wanted = (site: ArpSite): Omit<RulesetObject, "table">[] => [
  ...CHAINS.map(chainObject),
  ...ipv6Vips(site).map((vip) => ({
    kind: "rule",
    chain: "input",
    expr: [ofType("nd-neighbor-solicit"), about(vip), { drop: null }],
  })),
  ...ipv6Vips(site).flatMap((vip) => [
    { kind: "rule", chain: "output", expr: [ofType("nd-neighbor-advert"), about(vip), { drop: null }] },
    {
      kind: "rule",
      chain: "output",
      expr: [ofType("nd-neighbor-solicit"), equals(SOURCE, vip), { mangle: { key: SOURCE, value: site.address6 } }],
    },
  ]),
];

/** An object of the table with the target by its place, which nft 1.0.8 and later list by its name. */
const normal = (object: Omit<RulesetObject, "table">): Omit<RulesetObject, "table"> =>
  Array.isArray(object.expr) ? { ...object, expr: object.expr.map(byPlace) } : object;

function byPlace(part: { readonly match?: { readonly left?: unknown; readonly right?: unknown } }): unknown {
  const named = { payload: { protocol: "icmpv6", field: "taddr" } };
  const { left, right } = part.match ?? {};
  return typeof right === "string" && isDeepStrictEqual(left, named)
    ? equals({ payload: TARGET }, asNumber(right))
    : part;
}
