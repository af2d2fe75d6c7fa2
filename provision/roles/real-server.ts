import { z } from "zod";
import { defineResource } from "../resource.ts";
import { command, connectTo, serverRef, writing } from "../ssh/index.ts";
import { type BootUnit, unitPath, unitText } from "./boot-unit.ts";
import { startService } from "./service.ts";

/**
 * A real server under direct routing: it owns the VIP, so that it takes packets that the director hands it, and is kept from
 * answering ARP for it, or clients would come to it past the director.
 */
export const realServer = defineResource({
  type: "RealServer",
  summary: "A real server's side of direct routing: the VIP, and the cure of the ARP problem.",
  where: z.object({ server: serverRef, interface: z.string().default("eth0") }),
  want: z.object({
    vip: z.ipv4(),
    /** How it is kept from answering for the VIP; `none` shows the problem. */
    arpCure: z.enum(["arptables", "sysctl", "none"]),
    onBoot: z.literal(true).default(true),
  }),

  async observe(inputs) {
    const server = await connectTo(inputs.server);
    const seen = await server.look({
      vip: "ip -oneline -4 address show",
      arptables: "arptables -n -L",
      sysctl: command`sysctl -n ${sysctls(inputs).map(([name]) => name)}`,
      enabled: command`systemctl is-enabled ${NAME}`,
      unit: command`cat ${unitPath({ name: NAME })}`,
    });
    return {
      vip: placesOf(inputs.vip, seen.vip.text).join() === vipInterface(inputs) ? inputs.vip : undefined,
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
        // Stopping undoes what the unit as it was had done: a change of cure leaves nothing of the old one.
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

interface Wanted {
  readonly server: { readonly address: string };
  readonly interface: string;
  readonly vip: string;
  readonly arpCure: "arptables" | "sysctl" | "none";
}

/**
 * Where the VIP is put. With arp_ignore=1 a host answers for every address of the interface that was asked on (the kernel's ip-sysctl.rst), so
 * the sysctls only cure what is on another one: the loopback, as is the custom. The arptables rules work on the interface itself.
 */
const vipInterface = (wanted: Pick<Wanted, "arpCure" | "interface">): string =>
  wanted.arpCure === "sysctl" ? "lo" : wanted.interface;

/** The interfaces that have the VIP, from what `ip -oneline address` printed. */
const placesOf = (vip: string, text: string): string[] =>
  [...text.matchAll(/^\d+: (\S+) +inet (\S+) /gm)].flatMap(([, device = "", address]) =>
    address === `${vip}/32` ? [device] : [],
  );

/** arp_ignore and arp_announce on all and on the interface: the kernel's ip-sysctl.rst. The greater of the two counts. */
const sysctls = ({ interface: device }: Pick<Wanted, "interface">): [string, 1 | 2][] =>
  ["all", device].flatMap((scope): [string, 1 | 2][] => [
    [`net.ipv4.conf.${scope}.arp_ignore`, 1],
    [`net.ipv4.conf.${scope}.arp_announce`, 2],
  ]);

/** The rules as `arptables -A` takes them and, but for the order of the words, as `arptables -L` prints them. */
const arpRules = ({ vip, server }: Pick<Wanted, "vip" | "server">): string[] => [
  `INPUT -d ${vip} -j DROP`,
  `OUTPUT -s ${vip} -j mangle --mangle-ip-s ${server.address}`,
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
    // The cure comes first, so that the VIP is never there without it.
    start: [...cure.start, `/sbin/ip address replace ${wanted.vip}/32 dev ${vipInterface(wanted)}`],
    stop: [`-/sbin/ip address delete ${wanted.vip}/32 dev ${vipInterface(wanted)}`, ...cure.stop],
  };
};

/** Undoes both cures and the VIP, whoever set them. */
const undo = (
  wanted: Wanted,
): string => command`for device in lo ${wanted.interface}; do ip address delete ${`${wanted.vip}/32`} dev $device 2>/dev/null; done
if command -v arptables >/dev/null && arptables -n -L | grep -q ${wanted.vip}; then arptables --flush; fi
sysctl -q ${sysctls(wanted).map(([name]) => `${name}=0`)}`;

/** Which cure is in force: one, none, or in words what there is of them. */
export function observedCure(wanted: Omit<Wanted, "arpCure">, arptables: string, sysctl: string): string {
  const words = (text: string): string => text.trim().split(/\s+/).sort().join(" ");
  const chains: string[] = [];
  let chain = "";
  for (const line of arptables.split("\n")) {
    const header = /^Chain (\S+)/.exec(line);
    if (header) chain = header[1] ?? "";
    else if (line.trim() !== "")
      chains.push(words(`${chain} ${line.replace(/--h-length \S+|-i \S+\*|, pcnt=.*$/g, "")}`));
  }
  const wantedRules = arpRules(wanted).map(words);
  const rules = wantedRules.filter((rule) => chains.includes(rule)).length;
  const wantedValues = sysctls(wanted).map(([, value]) => value);
  const values = sysctl.trim().split("\n");
  const set = wantedValues.filter((value, index) => Number(values[index]) >= value).length;
  const cures = [
    ...(rules === wantedRules.length && chains.length === rules
      ? ["arptables"]
      : chains.length > 0
        ? ["other arptables rules"]
        : []),
    ...(set === wantedValues.length ? ["sysctl"] : set > 0 ? ["part of the sysctls"] : []),
  ];
  return cures.join(" and ") || "none";
}
