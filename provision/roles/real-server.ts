import { z } from "zod";
import {
  type ArpCure,
  addressBeside,
  arpCures as arpCureNames,
  ofFamily,
  ownsVips,
  ownVipsOf,
  serviceDevice,
} from "../../lab/index.ts";
import { defineResource } from "../resource.ts";
import { command, connectTo, serverRef, writing } from "../ssh/index.ts";
import { arpCures } from "./arp-cures/index.ts";
import { type ArpSite, ipv4Vips, ipv6Vips } from "./arp-cures/method.ts";
import { neighbourFilter } from "./arp-cures/neighbour-filter.ts";
import { type BootUnit, bootUnitQuestions, isOnBoot, unitPath, unitText } from "./boot-unit.ts";
import { asHost, isIpv6, parseIpAddresses, placeVip } from "./ip-address.ts";
import { defineRole, type Step } from "./role.ts";
import { startService } from "./service.ts";
import { typedUnit } from "./typed.ts";

/**
 * A real server under direct routing. It has the VIPs, so that it accepts packets that the director forwards, and must not answer ARP
 * requests for them, or clients would bypass the director.
 */
export const realServer = defineResource({
  type: "RealServer",
  summary: "A real server's side of direct routing and tunnelling: the VIPs, and the cure of the ARP problem.",
  where: z.object({
    server: serverRef,
    interface: z.string().default("eth0"),
    /** Its own IPv6 address on the interface, where it has IPv6 VIPs. */
    address6: z.union([z.ipv6(), z.literal("")]).default(""),
  }),
  want: z.object({
    /** On the interface: direct routing. */
    vips: z.array(z.union([z.ipv4(), z.ipv6()])),
    /** On tunl0: IP-in-IP tunnelling. */
    tunnelVips: z.array(z.ipv4()).default([]),
    /** What keeps it from answering ARP for the VIPs; `none` shows the problem. */
    arpCure: z.enum(arpCureNames),
    onBoot: z.literal(true).default(true),
  }),

  upgrade: ({ vip, ...rest }) => ({ tunnelVips: [], ...(vip === undefined ? {} : { vips: [vip] }), ...rest }),

  async observe(inputs) {
    const server = await connectTo(inputs.server);
    const seen = await server.look({
      addresses: "ip -oneline address show",
      // To ask for the device by its name loads its module: ip-link(8) does not say so, dev_load() in the kernel's dev_ioctl.c does.
      tunnel: inputs.tunnelVips.length > 0 ? command`ip -oneline link show dev ${TUNNEL} up` : "true",
      ...cureQuestions(inputs),
      neighbourFilter: ipv6Vips(inputs).length > 0 ? neighbourFilter.question : "true",
      ...bootUnitQuestions({ name: NAME }),
    });
    return {
      vips: inputs.vips.filter((vip) => devicesWith(vip, seen.addresses.text).join() === vipDevice(inputs, vip)),
      tunnelVips: inputs.tunnelVips.filter(
        (vip) => devicesWith(vip, seen.addresses.text).join() === TUNNEL && seen.tunnel.text.trim() !== "",
      ),
      arpCure: observedCures(inputs, (name) => seen[name].text, seen.neighbourFilter.text) as "none",
      onBoot: isOnBoot(unit(inputs), seen) as true,
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

interface Wanted extends ArpSite {
  readonly arpCure: ArpCure;
}

/** The device with a VIP of direct routing. */
const vipDevice = ({ arpCure, ...site }: Pick<Wanted, "arpCure" | "interface">, vip: string): string =>
  (isIpv6(vip) ? arpCures[arpCure].ipv6 : arpCures[arpCure]).vipDevice(site);

/** The devices that have a VIP as a /32, or /128. */
const devicesWith = (vip: string, text: string): string[] =>
  parseIpAddresses(text).flatMap(({ device, address, prefixLength }) =>
    `${address}/${prefixLength}` === asHost(vip) ? [device] : [],
  );

/** Whether the cure of ARP is needed: not where there are IPv6 VIPs alone. */
const isAboutArp = (site: ArpSite): boolean => ipv4Vips(site).length > 0 || ipv6Vips(site).length === 0;

const cureStart = (wanted: Wanted): string[] => {
  const { start, ipv6 } = arpCures[wanted.arpCure];
  return [
    ...(isAboutArp(wanted) ? start(wanted) : []),
    ...(ipv6.filters && ipv6Vips(wanted).length > 0 ? neighbourFilter.start(wanted) : []),
  ];
};

const cureStop = (wanted: Wanted): string[] => {
  const { stop, ipv6 } = arpCures[wanted.arpCure];
  return [
    ...(ipv6.filters && ipv6Vips(wanted).length > 0 ? neighbourFilter.stop() : []),
    ...(isAboutArp(wanted) ? stop(wanted) : []),
  ];
};

/**
 * Brings up the device that unpacks the director's packets. They arrive on it with the client's source address, whose way back is another interface:
 * the reverse path filter must let them pass (the kernel's ip-sysctl.rst, rp_filter).
 */
const tunnelUp = [
  "/sbin/modprobe ipip",
  `/sbin/sysctl -q net.ipv4.conf.${TUNNEL}.rp_filter=0`,
  `/sbin/ip link set ${TUNNEL} up`,
];

const addVips = (wanted: Wanted): string[] =>
  wanted.vips.map((vip) => `/sbin/ip address replace ${placeVip(asHost(vip), vipDevice(wanted, vip))}`);
const addTunnel = ({ tunnelVips }: Wanted): string[] =>
  tunnelVips.length === 0
    ? []
    : [...tunnelUp, ...tunnelVips.map((vip) => `/sbin/ip address replace ${vip}/32 dev ${TUNNEL}`)];

export const unit = (wanted: Wanted): BootUnit => ({
  name: NAME,
  description: `LVS real server: the VIP, ARP cure ${wanted.arpCure}`,
  // Set the cure first, so that the VIP never exists without it.
  start: [...cureStart(wanted), ...addVips(wanted), ...addTunnel(wanted)],
  stop: [
    ...wanted.tunnelVips.map((vip) => `-/sbin/ip address delete ${vip}/32 dev ${TUNNEL}`),
    ...(wanted.tunnelVips.length > 0 ? [`-/sbin/ip link set ${TUNNEL} down`] : []),
    ...wanted.vips.map((vip) => `-/sbin/ip address delete ${asHost(vip)} dev ${vipDevice(wanted, vip)}`),
    ...cureStop(wanted),
  ],
});

/** The prefix lengths of the VIPs, in words. */
const lengthsOf = (wanted: Wanted): string =>
  [ipv4Vips(wanted).length > 0 ? "/32" : [], ipv6Vips(wanted).length > 0 ? "/128" : []].flat().join(" or ");

/** How the cure works, for the families that it is about. */
const reasonsOf = (wanted: Wanted): string => {
  const { reason, ipv6 } = arpCures[wanted.arpCure];
  return [...(isAboutArp(wanted) ? [reason] : []), ...(ipv6Vips(wanted).length > 0 ? [ipv6.reason] : [])].join(" ");
};

/** Undoes all cures and removes the VIPs, including those set by hand. */
const undo = (wanted: Wanted): string =>
  [
    ...[...ipv4Vips(wanted), ...ipv6Vips(wanted)].map(
      (vip) =>
        command`for device in lo ${TUNNEL} ${wanted.interface}; do ip address delete ${asHost(vip)} dev $device 2>/dev/null; done`,
    ),
    ...arpCureNames.map((name) => arpCures[name].undo(wanted)),
    ...(ipv6Vips(wanted).length > 0 ? [neighbourFilter.undo] : []),
  ].join("\n");

/** The question of each cure, by its name, for `ServerConnection.look`. */
const cureQuestions = (site: ArpSite) =>
  Object.fromEntries(arpCureNames.map((name) => [name, arpCures[name].question(site)])) as Record<ArpCure, string>;

/**
 * The cure in force: one, none, or a description of a partial cure.
 * @param answer the output of a cure's question
 */
export function observedCure(site: ArpSite, answer: (name: ArpCure) => string): string {
  const found = arpCureNames.flatMap((name) => {
    const seen = arpCures[name].observe(site, answer(name));
    return seen === "whole" ? [name] : (seen ?? []);
  });
  return found.join(" and ") || "none";
}

/**
 * The cures in force of both families, or what is there instead, for the VIPs that there are. A cure that has IPv6 VIPs on the loopback shows in their
 * device alone.
 * @param filter what nft lists of the family ip6
 */
export function observedCures(wanted: Wanted, answer: (name: ArpCure) => string, filter = ""): string {
  const arp = isAboutArp(wanted) ? observedCure(wanted, answer) : undefined;
  const seen = neighbourFilter.observe(wanted, filter);
  const unseen = arpCures[wanted.arpCure].ipv6.filters ? "none" : wanted.arpCure;
  const neighbours = ipv6Vips(wanted).length === 0 ? undefined : seen === "whole" ? "nftables" : (seen ?? unseen);
  if (arp === undefined || neighbours === undefined || arp === neighbours) return arp ?? neighbours ?? "none";
  return `${arp}; for IPv6 ${neighbours}`;
}

export const role = defineRole({
  resource: realServer,

  inputsOf(lab, server) {
    const { name, arpCure = "none" } = server;
    if (!ownsVips(lab, name)) return;
    const vips = ownVipsOf(lab, name);
    const [vip6] = ofFamily(vips, 6);
    return {
      interface: serviceDevice(server),
      ...(vip6 === undefined ? {} : { address6: addressBeside(lab, server, vip6) }),
      vips,
      tunnelVips: ownVipsOf(lab, name, { tunnelled: true }),
      arpCure,
    };
  },

  packageGroups({ arpCure }) {
    const { packages } = arpCures[arpCure];
    return packages ? [packages] : [];
  },

  /** In the article's order: the VIP, then the cure. The unit has it the other way round. */
  byHand(inputs, { server }) {
    const wanted = { server, ...inputs };
    const [the, itBrings] = wanted.vips.length === 1 ? ["The VIP", "it brings"] : ["The VIPs", "they bring"];
    const steps: Step[] = [
      {
        why:
          `${the}, or the kernel drops what the director sends on. As a ${lengthsOf(wanted)} ${itBrings} no second route to the network.` +
          (ipv6Vips(wanted).length > 0
            ? " In IPv6 without duplicate address detection (nodad), for the director has it too, and deprecated (preferred_lft 0), or the server would take it for the source of its own connections."
            : ""),
        commands: typedUnit(addVips(wanted)),
        check: "real-server-vip",
      },
      {
        why:
          `${TUNNEL}, the kernel's IP-in-IP device, unpacks the director's packets and has the VIP. Answers leave by another device, so its ` +
          "reverse path filter is off.",
        commands: typedUnit(addTunnel(wanted)),
        check: "real-server-vip",
      },
      {
        why: `The cure of the ARP problem: the director alone answers for the VIP. ${reasonsOf(wanted)}`,
        commands: typedUnit(cureStart(wanted)),
        check: "arp-cure",
      },
    ];
    return { steps: steps.filter(({ commands }) => commands.length > 0), unit: unit(wanted) };
  },
});
