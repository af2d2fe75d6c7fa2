import type { Statement } from "../../conf/tree.ts";
import type { Rule } from "../rule.ts";

/** What keepalived switches on by the keyword alone, whatever stands after it. */
const switches = {
  instance: [
    ...["nopreempt", "preempt", "accept", "no_accept", "dont_track_primary", "native_ipv6", "track_src_ip"],
    ...[
      "use_vmac",
      "use_vmac_addr",
      "vmac_xmit_base",
      "check_unicast_src",
      "unicast_fault_no_peer",
      "promote_secondaries",
    ],
  ],
  group: ["sync_group_tracking_weight", "global_tracking"],
  global: [
    "vrrp_strict",
    "vrrp_check_unicast_src",
    "vrrp_skip_check_adv_addr",
    "enable_script_security",
    "disable_local_igmp",
  ],
} as const;

const off = ["off", "false", "no", "0"];

/** The first version of keepalived that reads what stands after such a keyword. */
const readSince: Readonly<Record<string, string>> = { vrrp_strict: "2.3.0", vrrp_skip_check_adv_addr: "2.3.0" };

const isForOff = ({ keyword, words: [word] }: Statement): boolean =>
  word !== undefined && (readSince[keyword] ? !["on", "true", "yes"].includes(word) : off.includes(word));

/** What newer versions make of the word. */
const newerTake = ({ words: [word = ""] }: Statement): string =>
  ["off", "false", "no"].includes(word) ? "switch it off" : "ignore the line";

export const offIsOn: Rule = {
  id: "off-is-on",
  title: "a switch that is on by its keyword alone, with a word that is to switch it off",
  level: "error",
  why: "keepalived does not read what stands after such a keyword: it is on. The word after use_vmac is the name of the interface that it creates.",
  source:
    "the handlers in keepalived's vrrp_parser.c and global_parser.c, but for vrrp_strict and vrrp_skip_check_adv_addr the same in 2.2.7, 2.3.3 and 2.4; " +
    "keepalived.conf(5), use_vmac",
  *look({ directors }) {
    for (const { settings, instances, syncGroups, name } of directors) {
      const places: readonly (readonly [where: string, block: readonly Statement[], keywords: readonly string[]])[] = [
        [name, settings, switches.global],
        ...syncGroups.map((group) => [`${group.name} of ${name}`, group.block, switches.group] as const),
        ...instances.map((instance) => [`${instance.name} of ${name}`, instance.block, switches.instance] as const),
      ];
      for (const [where, block, keywords] of places)
        for (const at of block)
          if (keywords.includes(at.keyword) && isForOff(at))
            yield {
              at,
              message:
                `\`${at.keyword} ${at.words[0]}\` switches ${at.keyword} of ${where} on` +
                (at.keyword === "use_vmac" ? `, with an interface that is called ${at.words[0]}` : "") +
                (readSince[at.keyword] ? `; keepalived ${readSince[at.keyword]} and later ${newerTake(at)}` : ""),
              fix: `remove the line; to have ${at.keyword}, write it without \`${at.words[0]}\``,
            };
    }
  },
};
