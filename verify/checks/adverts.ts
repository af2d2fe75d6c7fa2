import {
  advertSourceOf,
  effectivePriority,
  electedOf,
  familyOfInstance,
  type Lab,
  type VrrpInstance,
  virtualMacOf,
} from "../../lab/index.ts";
import type { Check } from "./check.ts";
import { electionTime, type InstanceSubject, underKeepalived } from "./subjects.ts";

/** VRRP's multicast addresses, by family: RFC 9568, sections 5.1.1.2 and 5.1.2.2. */
const MULTICAST = { 4: "224.0.0.18", 6: "ff02::12" };

/**
 * What tcpdump is to catch: an instance's advertisements. The first byte after an IPv4 header without options, or an IPv6 header, is version and type,
 * the second one the virtual router. tcpdump's `vrrp` is of IPv4 alone.
 */
const filterOf = (instance: VrrpInstance): string =>
  familyOfInstance(instance) === 6 ? `ip6 proto 112 and ip6[41] = ${instance.id}` : `vrrp and ip[21] = ${instance.id}`;

export const adverts: Check<InstanceSubject> = {
  id: "adverts",
  title: "The master advertises, and to whom the lab says",
  role: "director",
  proves:
    "A VRRP router knows of the others by what it hears alone. The wire shows who advertises, with which priority, to the multicast address or to each " +
    "other member, and from which MAC address: a router that is left out takes itself for the only one.",
  appliesTo: underKeepalived,
  settles: electionTime,
  subjects: (lab) => lab.vrrp.map((instance) => ({ host: electedOf(instance), instance })),
  expected: (lab, { host, instance }) =>
    inWords([
      {
        source: advertSourceOf(lab, instance, host),
        priority: String(effectivePriority(instance, host)),
        own: instance.useVmac === true && !instance.unicast,
        to: destinationsOf(lab, instance, host),
      },
    ]),
  byHand: (_, { instance }) => [`tcpdump -e -n -c 4 '${filterOf(instance)}'`],
  hint: (_, { instance }) =>
    instance.unicast
      ? "`unicast_src_ip` and `unicast_peer` of the vrrp_instance, which names every other director: `systemctl restart keepalived` after a change."
      : "No `unicast_peer` in the vrrp_instance, the highest `priority` on this director, and `systemctl status keepalived` on all of them.",
  async look(view, subject) {
    const { instance } = subject;
    const seconds = Math.ceil(instance.advertInterval) + 2;
    const filter = filterOf(instance);
    const link = view.live.bridges[instance.network] ?? "";
    const tcpdump = ["tcpdump", "-i", link, "-e", "-n", "-v", "-l", "--immediate-mode", "-c", "100", filter];
    const { output } = await view.segment("timeout", "--signal", "INT", String(seconds), ...tcpdump);
    const heard = speakers(output, instance);
    const seen = inWords(heard);
    return { passed: seen === this.expected(view.lab, subject), seen, started: heard.length > 0 };
  },
};

/** Who advertises. */
interface Speaker {
  readonly source: string;
  readonly priority: string;
  /** Whether from the virtual router's own MAC address. */
  readonly own: boolean;
  readonly to: readonly string[];
}

const destinationsOf = (lab: Lab, instance: VrrpInstance, host: string): string[] =>
  instance.unicast
    ? instance.members
        .filter(({ server }) => server !== host)
        .map(({ server }) => advertSourceOf(lab, instance, server))
    : [MULTICAST[familyOfInstance(instance)]];

/** Two lines of `tcpdump -e -n -v`: `MAC > MAC, … (tos …)` and `    SOURCE > DESTINATION: VRRPv2, Advertisement, vrid 51, prio 100, …`. */
const ADVERT =
  /(?<mac>[\da-f:]{17}) > [\da-f:]{17}, ethertype IPv4[^\n]*\n\s+(?<source>[\d.]+) > (?<to>[\d.]+): .*?prio (?<priority>\d+)/g;

/** One line: `MAC > MAC, ethertype IPv6 (0x86dd), length 94: (class …) SOURCE > DESTINATION: VRRPv3, Advertisement, vrid 51, prio 100, …`. */
const ADVERT6 =
  /(?<mac>[\da-f:]{17}) > [\da-f:]{17}, ethertype IPv6[^\n]*\) (?<source>[\da-f:]+) > (?<to>[\da-f:]+): VRRP.*?prio (?<priority>\d+)/g;

function speakers(text: string, instance: VrrpInstance): Speaker[] {
  const found = new Map<string, Speaker & { readonly to: string[] }>();
  for (const { groups = {} } of text.matchAll(familyOfInstance(instance) === 6 ? ADVERT6 : ADVERT)) {
    const { mac = "", source = "", to = "", priority = "" } = groups;
    const own = mac === virtualMacOf(instance);
    const key = `${source} ${priority} ${own}`;
    const one = found.get(key) ?? { source, priority, own, to: [] };
    if (!one.to.includes(to)) one.to.push(to);
    found.set(key, one);
  }
  return [...found.values()];
}

const inWords = (all: readonly Speaker[]): string =>
  all
    .map(
      ({ source, priority, own, to }) =>
        `${source} advertises priority ${priority} to ${[...to].sort().join(" and ")}${own ? " from the virtual router's MAC address" : ""}`,
    )
    .sort()
    .join("; ") || "nobody advertises";
