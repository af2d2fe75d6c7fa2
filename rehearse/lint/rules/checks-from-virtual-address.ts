import { contains, familyOf, parseIp, subnetOf } from "../../../lab/index.ts";
import { last } from "../../conf/tree.ts";
import type { Director } from "../../directors/director.ts";
import { heldBy, type VirtualAddress } from "../../directors/instance.ts";
import type { RealServer } from "../../directors/virtual-server.ts";
import type { Rule } from "../rule.ts";
import { realServerName } from "../services.ts";

export const checksFromVirtualAddress: Rule = {
  id: "checks-from-virtual-address",
  title:
    "an IPv6 virtual address from which the master's health checks are sent, to real servers that have it themselves",
  level: "error",
  why:
    "Of two IPv6 addresses on a network Linux sends from the newer one, which on the master is the virtual one. With DR and TUN the real servers have it too, " +
    "and answer themselves: each check fails, and the master has no real server. keepalived sends from no address with /128, or with preferred_lft 0.",
  source:
    "keepalived.conf(5), virtual_ipaddress, preferred_lft; ipv6_dev_get_saddr() in Linux's net/ipv6/addrconf.c; RFC 6724, section 5, rules 3 and 8",
  *look({ directors }) {
    for (const director of directors) {
      const sources = sourcesOf(director);
      if (sources.length === 0) continue;
      const found = new Set<VirtualAddress>();
      for (const service of director.virtualServers)
        for (const real of service.realServers) {
          const source = sourceTo(real, sources, director);
          if (!source || found.has(source)) continue;
          found.add(source);
          yield {
            at: source.at,
            also: [real.at],
            message: `${director.name} as master checks ${realServerName(real)} from ${source.address}, which that real server has itself`,
            fix: `write \`${source.address}/128\`, or add \`preferred_lft 0\``,
          };
        }
    }
  },
};

type Source = VirtualAddress & { readonly prefixLength: number };

/** The virtual addresses from which Linux may send. */
const sourcesOf = ({ instances }: Director): Source[] =>
  instances
    .flatMap(heldBy)
    .filter(
      (one): one is Source =>
        familyOf(one.address) === 6 && one.prefixLength !== undefined && one.prefixLength < 128 && !isNeverASource(one),
    );

/** The virtual address from which a real server is checked, if that real server has it itself. */
function sourceTo(
  { address, checks }: RealServer,
  sources: readonly Source[],
  { virtualServers }: Director,
): VirtualAddress | undefined {
  const real = parseIp(address);
  const asks = checks.some(({ block, kind }) => kind !== "MISC_CHECK" && !last(block, "bindto"));
  if (real === undefined || !asks) return undefined;
  const has = (virtual: VirtualAddress): boolean =>
    virtualServers.some(
      ({ ranges, realServers }) =>
        ranges.some(({ first }) => first === virtual.address) &&
        realServers.some((one) => one.address === address && one.method !== "NAT"),
    );
  return sources.find((one) => contains(subnetOf(one.address, one.prefixLength), real) && has(one));
}

/** Whether Linux avoids to send from it: a preferred lifetime of 0 makes an address deprecated. */
const isNeverASource = ({ at }: VirtualAddress): boolean => {
  const place = at.words.indexOf("preferred_lft");
  return place >= 0 && at.words[place + 1] === "0";
};
