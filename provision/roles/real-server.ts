import { z } from "zod";
import { defineResource } from "../resource.ts";
import { command, connectTo, serverRef, writing } from "../ssh/index.ts";
import { type ArpRule, parseArptables } from "./arptables.ts";
import { type BootUnit, unitPath, unitText } from "./boot-unit.ts";
import { parseIpAddresses } from "./ip-address.ts";
import { startService } from "./service.ts";

/**
 * A real server under direct routing. It has the VIPs, so that it accepts packets that the director forwards, and must not answer ARP
 * requests for them, or clients would bypass the director.
 */
export const realServer = defineResource({
  type: "RealServer",
  summary: "A real server's side of direct routing and tunnelling: the VIPs, and the cure of the ARP problem.",
  where: z.object({ server: serverRef, interface: z.string().default("eth0") }),
  want: z.object({
    /** On the interface: direct routing. */
    vips: z.array(z.ipv4()),
    /** On tunl0: IP-in-IP tunnelling. */
    tunnelVips: z.array(z.ipv4()).default([]),
    /** What keeps it from answering ARP for the VIPs; `none` shows the problem. */
    arpCure: z.enum(["arptables", "sysctl", "none"]),
    onBoot: z.literal(true).default(true),
  }),

  upgrade: ({ vip, ...rest }) => ({ tunnelVips: [], ...(vip === undefined ? {} : { vips: [vip] }), ...rest }),

  async observe(inputs) {
    const server = await connectTo(inputs.server);
    const seen = await server.look({
      addresses: "ip -oneline -4 address show",
      tunnel: command`ip -oneline link show dev ${TUNNEL} up`,
      arptables: "arptables -n -L",
      sysctl: command`sysctl -n ${sysctls(inputs).map(([name]) => name)}`,
      enabled: command`systemctl is-enabled ${NAME}`,
      unit: command`cat ${unitPath({ name: NAME })}`,
    });
    return {
      vips: inputs.vips.filter((vip) => devicesWith(vip, seen.addresses.text).join() === vipInterface(inputs)),
      tunnelVips: inputs.tunnelVips.filter(
        (vip) => devicesWith(vip, seen.addresses.text).join() === TUNNEL && seen.tunnel.text.trim() !== "",
      ),
      arpCure: observedCure(inputs, seen.arptables.text, seen.sysctl.text) as "none",
      onBoot: (seen.enabled.text.trim() === "enabled" && seen.unit.text === unitText(unit(inputs))) as true,
    };
  },

  async apply(inputs, _observed, progress) {
    const server = await connectTo(inputs.server);
    progress(`VIP and ARP cure: ${inputs.arpCure}`);
    const path = unitPath({ name: NAME });
    await server.script(
      [
        // Stopping the old unit undoes its commands, so that a changed cure leaves no trace of the old one.
        command`known=; if [ -e ${path} ]; then known=yes; systemctl stop ${NAME}; fi`,
        undo(inputs),
        "set -e",
        writing(path, unitText(unit(inputs))),
        'if [ "$known" ]; then systemctl daemon-reload; fi',
        startService(NAME),
      ].join("\n"),
    );
  },

  async remove(inputs) {
    const server = await connectTo(inputs.server);
    await server.run`systemctl disable --now ${NAME} 2>/dev/null || true`;
    await server.script(undo(inputs));
    await server.run`rm -f ${unitPath({ name: NAME })}; systemctl daemon-reload`;
  },
});

const NAME = "lvs-real-server";

/** The kernel's own IP-in-IP device: present once the module ipip is loaded, it takes packets from any director. */
const TUNNEL = "tunl0";

interface Wanted {
  readonly server: { readonly address: string };
  readonly interface: string;
  readonly vips: readonly string[];
  readonly tunnelVips: readonly string[];
  readonly arpCure: "arptables" | "sysctl" | "none";
}

/**
 * The interface with the VIP. With arp_ignore=1 a host still answers for every address of the interface that received the request (the
 * kernel's ip-sysctl.rst). The sysctl cure therefore needs the VIP on another one, by convention the loopback. The arptables rules work on
 * the interface itself.
 */
const vipInterface = (wanted: Pick<Wanted, "arpCure" | "interface">): string =>
  wanted.arpCure === "sysctl" ? "lo" : wanted.interface;

/** The devices that have a VIP as a /32. */
const devicesWith = (vip: string, text: string): string[] =>
  parseIpAddresses(text).flatMap(({ device, address, prefixLength }) =>
    address === vip && prefixLength === 32 ? [device] : [],
  );

/** arp_ignore and arp_announce, on `all` and on the interface: the kernel's ip-sysctl.rst. The greater value applies. */
const sysctls = ({ interface: device }: Pick<Wanted, "interface">): [string, 1 | 2][] =>
  ["all", device].flatMap((scope): [string, 1 | 2][] => [
    [`net.ipv4.conf.${scope}.arp_ignore`, 1],
    [`net.ipv4.conf.${scope}.arp_announce`, 2],
  ]);

/** The rules as `arptables -A` takes them and, apart from word order, as `arptables -L` prints them. */
const arpRules = ({ vips, tunnelVips, server }: Pick<Wanted, "vips" | "tunnelVips" | "server">): string[] =>
  [...vips, ...tunnelVips].flatMap((vip) => [
    `INPUT -d ${vip} -j DROP`,
    `OUTPUT -s ${vip} -j mangle --mangle-ip-s ${server.address}`,
  ]);

/**
 * Brings up the device that unpacks the director's packets. They arrive on it with the client's source address, whose way back is another interface:
 * the reverse path filter must let them pass (the kernel's ip-sysctl.rst, rp_filter).
 */
const tunnelUp = [
  "/sbin/modprobe ipip",
  `/sbin/sysctl -q net.ipv4.conf.${TUNNEL}.rp_filter=0`,
  `/sbin/ip link set ${TUNNEL} up`,
];

export const unit = (wanted: Wanted): BootUnit => {
  const cures = {
    arptables: {
      start: ["/usr/sbin/arptables --flush", ...arpRules(wanted).map((rule) => `/usr/sbin/arptables -A ${rule}`)],
      stop: ["-/usr/sbin/arptables --flush"],
    },
    sysctl: {
      start: [
        `/sbin/sysctl -q ${sysctls(wanted)
          .map(([name, value]) => `${name}=${value}`)
          .join(" ")}`,
      ],
      stop: [
        `-/sbin/sysctl -q ${sysctls(wanted)
          .map(([name]) => `${name}=0`)
          .join(" ")}`,
      ],
    },
    none: { start: [], stop: [] },
  };
  const cure = cures[wanted.arpCure];
  return {
    name: NAME,
    description: `LVS real server: the VIP, ARP cure ${wanted.arpCure}`,
    // Set the cure first, so that the VIP never exists without it.
    start: [
      ...cure.start,
      ...wanted.vips.map((vip) => `/sbin/ip address replace ${vip}/32 dev ${vipInterface(wanted)}`),
      ...(wanted.tunnelVips.length > 0 ? tunnelUp : []),
      ...wanted.tunnelVips.map((vip) => `/sbin/ip address replace ${vip}/32 dev ${TUNNEL}`),
    ],
    stop: [
      ...wanted.tunnelVips.map((vip) => `-/sbin/ip address delete ${vip}/32 dev ${TUNNEL}`),
      ...(wanted.tunnelVips.length > 0 ? [`-/sbin/ip link set ${TUNNEL} down`] : []),
      ...wanted.vips.map((vip) => `-/sbin/ip address delete ${vip}/32 dev ${vipInterface(wanted)}`),
      ...cure.stop,
    ],
  };
};

/** Undoes both cures and removes the VIPs, including those set by hand. */
const undo = (wanted: Wanted): string =>
  [
    ...[...wanted.vips, ...wanted.tunnelVips].map(
      (
        vip,
      ) => command`for device in lo ${TUNNEL} ${wanted.interface}; do ip address delete ${`${vip}/32`} dev $device 2>/dev/null; done
if command -v arptables >/dev/null && arptables -n -L | grep -q ${vip}; then arptables --flush; fi`,
    ),
    command`sysctl -q ${sysctls(wanted).map(([name]) => `${name}=0`)}`,
  ].join("\n");

/** The cure in force: one, none, or a description of a partial cure. */
export function observedCure(wanted: Omit<Wanted, "arpCure">, arptables: string, sysctl: string): string {
  const present = Object.entries(parseArptables(arptables)).flatMap(([chain, rules = []]) =>
    rules.map((rule) => asWords(chain, rule)),
  );
  const wantedRules = arpRules(wanted).map((rule) => rule.split(/\s+/).sort().join(" "));
  const rules = wantedRules.filter((rule) => present.includes(rule)).length;
  const wantedValues = sysctls(wanted).map(([, value]) => value);
  const values = sysctl.trim().split("\n");
  const set = wantedValues.filter((value, index) => Number(values[index]) >= value).length;
  const cures = [
    ...(rules === wantedRules.length && present.length === rules
      ? ["arptables"]
      : present.length > 0
        ? ["other arptables rules"]
        : []),
    ...(set === wantedValues.length ? ["sysctl"] : set > 0 ? ["part of the sysctls"] : []),
  ];
  return cures.join(" and ") || "none";
}

/** A rule's words in a fixed order, without what legacy arptables prints of every rule: header length and a wildcard interface. */
function asWords(chain: string, rule: ArpRule): string {
  const options = Object.entries(rule).filter(
    ([key, value]) => key !== "--h-length" && !(key === "-i" && value.endsWith("*")),
  );
  return [chain, ...options.flat()].sort().join(" ");
}
