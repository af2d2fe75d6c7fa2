import { familyOf, type Ip, parseIp, prefixLengthOfMask } from "../../../lab/index.ts";
import { last, type Statement } from "../../conf/tree.ts";
import type { VirtualServer } from "../../directors/virtual-server.ts";
import type { Rule } from "../rule.ts";

export const persistenceNetmask: Rule = {
  id: "persistence-netmask",
  title: "a persistence_granularity that is no netmask",
  level: "error",
  why:
    "Of IPv4 it is a netmask, and keepalived reads 24 as 0.0.0.24: the clients' networks do not count, and clients from all over share a real server. Of " +
    "IPv6 it is a prefix length, and anything else is ignored.",
  source: "pgr_handler() in keepalived's check_parser.c; ipvsadm(8), --netmask",
  *look({ directors }) {
    for (const { virtualServers } of directors)
      for (const service of virtualServers) {
        const at = last(service.block, "persistence_granularity");
        const wrong = at && wrongIn(at, service);
        if (at && wrong)
          yield {
            at,
            message: `persistence_granularity of ${service.name} ${wrong}`,
            fix: "write a netmask such as 255.255.255.0, or for IPv6 a prefix length such as 64",
          };
      }
  },
};

/** What is wrong with it, a predicate. */
function wrongIn({ words: [word = ""] }: Statement, { ranges: [range] }: VirtualServer): string | undefined {
  // As keepalived tells where the virtual server has no address.
  const family = range ? familyOf(range.first) : word.includes(".") ? 4 : 6;
  if (family === 6)
    return /^([1-9]|[1-9]\d|1[01]\d|12[0-8])$/.test(word) ? undefined : `is ${word}, which keepalived ignores`;
  const mask = /^\d{1,10}$/.test(word) ? asAddress(Number(word)) : parseIp(word);
  if (mask === undefined) return `is ${word}, which keepalived ignores`;
  return familyOf(mask) === 4 && prefixLengthOfMask(mask) !== undefined ? undefined : `is the netmask ${mask}`;
}

/** A number as inet_aton(3) reads it. */
const asAddress = (number: number): Ip | undefined =>
  parseIp([24, 16, 8, 0].map((bits) => Math.floor(number / 2 ** bits) % 256).join("."));
