import { command } from "../../ssh/index.ts";
import { type ArpRule, parseArptables } from "../arptables.ts";
import { loopback } from "./loopback.ts";
import { type ArpCureMethod, type ArpSite, ipv4Vips } from "./method.ts";

/** arptables(8): questions about a VIP are dropped, and what leaves in its name gets the server's own address. */
export const arptables: ArpCureMethod = {
  packages: "arptables",
  reason: "Drop requests for it, and let no ARP packet leave in its name.",
  vipDevice: ({ interface: device }) => device,
  start: (site) => ["/usr/sbin/arptables --flush", ...rules(site).map((rule) => `/usr/sbin/arptables -A ${rule}`)],
  stop: () => ["-/usr/sbin/arptables --flush"],
  question: () => "arptables -n -L",
  observe(site, answer) {
    const present = Object.entries(parseArptables(answer)).flatMap(([chain, list = []]) =>
      list.map((rule) => asWords(chain, rule)),
    );
    const wanted = rules(site).map((rule) => rule.split(/\s+/).sort().join(" "));
    const found = wanted.filter((rule) => present.includes(rule)).length;
    if (found === wanted.length && present.length === found) return "whole";
    return present.length > 0 ? "other arptables rules" : undefined;
  },
  undo: (site) =>
    ipv4Vips(site)
      .map(
        (vip) =>
          command`if command -v arptables >/dev/null && arptables -n -L | grep -q ${vip}; then arptables --flush; fi`,
      )
      .join("\n"),
  ipv6: { ...loopback, reason: `arptables has no IPv6. ${loopback.reason}` },
};

/** The rules as `arptables -A` takes them and, apart from word order, as `arptables -L` prints them. */
const rules = (site: ArpSite): string[] =>
  ipv4Vips(site).flatMap((vip) => [
    `INPUT -d ${vip} -j DROP`,
    `OUTPUT -s ${vip} -j mangle --mangle-ip-s ${site.server.address}`,
  ]);

/** A rule's words in a fixed order, without what legacy arptables prints of every rule: header length and a wildcard interface. */
function asWords(chain: string, rule: ArpRule): string {
  const options = Object.entries(rule).filter(
    ([key, value]) => key !== "--h-length" && !(key === "-i" && value.endsWith("*")),
  );
  return [chain, ...options.flat()].sort().join(" ");
}
