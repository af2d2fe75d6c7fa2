import { isDeepStrictEqual } from "node:util";
import { command } from "../../ssh/index.ts";
import { chainObject, newTable, parseRuleset, type RulesetObject } from "../nft-ruleset.ts";
import { type ArpCureMethod, type ArpSite, ipv4Vips } from "./method.ts";

/** The cure's own table: no other is touched. */
const TABLE = "lvs_lab";

/**
 * nft(8), family arp: questions about a VIP are dropped, and what leaves in its name gets the server's own address. Dropping that too would
 * be no cure: a server that answers a client under the VIP asks for the client's hardware address in the VIP's name, and its answer waits
 * for the reply.
 */
export const nftables: ArpCureMethod = {
  packages: "nftables",
  reason: "A table of nft's own family arp drops requests for it, and lets no ARP packet leave in its name.",
  vipDevice: ({ interface: device }) => device,
  start: (site) => [
    ...newTable("arp", TABLE, CHAINS),
    ...ipv4Vips(site).map((vip) => `/usr/sbin/nft add rule arp ${TABLE} input arp daddr ip ${vip} drop`),
    ...ipv4Vips(site).map(
      (vip) => `/usr/sbin/nft add rule arp ${TABLE} output arp saddr ip ${vip} arp saddr ip set ${site.server.address}`,
    ),
  ],
  stop: () => [`-/usr/sbin/nft delete table arp ${TABLE}`],
  // As JSON: the text differs between versions.
  question: () => "nft --json list ruleset arp",
  observe(site, answer) {
    const ruleset = parseRuleset(answer);
    const own = ruleset
      .filter(({ table, kind }) => table === TABLE && kind !== "table")
      .map(({ table: _, ...rest }) => rest);
    const others = ruleset.filter((one) => one.table !== TABLE && !isOfArptables(one, ruleset) && isAbout(one, site));
    if (others.length === 0 && isDeepStrictEqual(own, wanted(site))) return "whole";
    return others.length > 0 || ruleset.some(({ table }) => table === TABLE) ? "other nftables rules" : undefined;
  },
  undo: (site) =>
    [
      command`nft delete table arp ${TABLE} 2>/dev/null`,
      ...ipv4Vips(site).map(
        (vip) =>
          command`for table in $(nft list tables arp 2>/dev/null | cut -d ' ' -f 3); do if nft list table arp "$table" 2>/dev/null | grep -qwF ${vip}; then nft delete table arp "$table"; fi; done`,
      ),
    ].join("\n"),
  ipv6: {
    reason:
      "A table of the family ip6 drops neighbour solicitations for an IPv6 VIP and advertisements of it, and lets none leave in its name.",
    vipDevice: ({ interface: device }) => device,
    filters: true,
  },
};

const CHAINS = ["input", "output"].map((hook) => ({ hook, priority: 0 }));

/** The objects of the cure's table, in the form and order of `parseRuleset`. */
const wanted = (site: ArpSite): Omit<RulesetObject, "table">[] => {
  const named = (field: "daddr ip" | "saddr ip", vip: string) => ({
    match: { op: "==", left: { payload: { protocol: "arp", field } }, right: vip },
  });
  const own = { key: { payload: { protocol: "arp", field: "saddr ip" } }, value: site.server.address };
  return [
    ...CHAINS.map(chainObject),
    ...ipv4Vips(site).map((vip) => ({ kind: "rule", chain: "input", expr: [named("daddr ip", vip), { drop: null }] })),
    ...ipv4Vips(site).map((vip) => ({
      kind: "rule",
      chain: "output",
      expr: [named("saddr ip", vip), { mangle: own }],
    })),
  ];
};

/** Whether it belongs to arptables(8) of nf_tables, whose table `filter` has the same family; its chains tell. */
const isOfArptables = ({ table }: RulesetObject, ruleset: readonly RulesetObject[]): boolean =>
  table === "filter" &&
  ruleset.some((one) => one.table === table && one.kind === "chain" && /^(IN|OUT)PUT$/.test(one.name ?? ""));

const isAbout = (object: RulesetObject, site: ArpSite): boolean =>
  ipv4Vips(site).some((vip) => JSON.stringify(object).includes(`"${vip}"`));
