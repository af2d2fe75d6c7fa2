import type { Place } from "../../conf/place.ts";
import { last } from "../../conf/tree.ts";
import type { Method, VirtualServer } from "../../directors/virtual-server.ts";
import type { Folder } from "../../folder.ts";
import type { Rule } from "../rule.ts";

export const nobodyQuietAboutArp: Rule = {
  id: "nobody-quiet-about-arp",
  title: "direct routing or tunnels without anybody keeping quiet about ARP",
  level: "note",
  why:
    "With DR and TUN the real servers have the virtual address too. On a network with the clients or their router they must not answer ARP for it, " +
    "or whoever answers first gets all clients, past the director. keepalived on the director cannot do that for them.",
  source: "Linux's Documentation/networking/ip-sysctl.rst, arp_ignore and arp_announce; arptables(8)",
  *look({ directors, folder }) {
    const services = directors.flatMap(({ virtualServers }) => virtualServers).filter(isIpv4);
    const [first, ...others] = services.flatMap((service) => forwarding(service) ?? []);
    if (!first || mentions(folder, quiet)) return;
    const holder = mentions(
      folder,
      takesAddress,
      (file) => !directors.some(({ configuration }) => configuration.files.has(file)),
    );
    yield holder
      ? {
          at: holder,
          also: [first.at],
          level: "warning",
          message: `${holder.file} gives a real server the virtual address, and nothing in the folder keeps it quiet about ARP`,
          fix: FIX,
        }
      : {
          at: first.at,
          also: others.map(({ at }) => at),
          message: `${first.name} uses ${first.method}, and no file of the folder shows that the real servers keep quiet about ARP for its address`,
          fix: FIX,
        };
  },
};

const FIX =
  "set arp_ignore=1 and arp_announce=2 on the real servers (all and the interface), or use arptables; put the file that does it into the folder";

/** Words of those that keep a host quiet: sysctls, arptables, nftables' family arp, an interface without ARP. */
const quiet =
  /arp_ignore|arp_announce|arptables|\btable arp\b|\bnoarp\b|\bifconfig\b.*\s-arp\b|\barp off\b|hide_?ip|noarpctl/i;

/** A command or a file that puts an address on the loopback or a dummy interface. */
const takesAddress =
  /^(?!\s*#).*(?:\bifconfig\s+lo:\w|\bip\s.*\baddr?(?:ess)?\s+(?:add|replace)\b.*\bdev\s+(?:lo|dummy\d*)\b|^\s*DEVICE=["']?lo:)/;

function mentions(folder: Folder, pattern: RegExp, wanted = (_file: string) => true): Place | undefined {
  for (const { file, text } of folder.texts().filter(({ file }) => wanted(file))) {
    const line = text.split("\n").findIndex((one) => pattern.test(one));
    if (line >= 0) return { file, line: line + 1 };
  }
  return undefined;
}

/** In IPv6 there is no ARP; a service by mark has no address to answer for here. */
const isIpv4 = ({ ranges }: VirtualServer): boolean => ranges.some(({ first }) => !first.includes(":"));

/** Where a virtual server says that its real servers answer the client themselves. */
function forwarding({
  at,
  block,
  name,
  realServers,
}: VirtualServer): { at: Place; name: string; method: Method } | undefined {
  const real = realServers.find(({ method }) => method !== "NAT");
  if (!real) return undefined;
  return {
    at: last(real.block, "lvs_method") ?? last(block, "lvs_method", "lb_kind") ?? at,
    name,
    method: real.method,
  };
}
