import { addressOn, networkOfVip, serverNamed } from "../../lab/index.ts";
import { type ArpRule, parseArptables } from "../../provision/roles/arptables.ts";
import { parseIpAddresses } from "../../provision/roles/ip-address.ts";
import type { Check } from "./check.ts";
import { deviceFor, eachVipOwner, oncePerVip, type ServiceSubject } from "./subjects.ts";

/** Accepts either cure: what matters is that no real server answers for the VIP. */
export const arpCure: Check<ServiceSubject> = {
  id: "arp-cure",
  title: "The real server is kept from answering ARP for the VIP",
  role: "real-server",
  proves:
    "A real server that owns the VIP neither answers an ARP request for it nor sends one in its name, so that only the director's answer " +
    "reaches the client. Otherwise whoever answers first has the client, and the balancing is gone.",
  grading: { ipvsadm: { points: 2 }, keepalived: { points: 2 } },
  appliesTo: (lab) => eachVipOwner(lab).length > 0,
  subjects: (lab) => oncePerVip(eachVipOwner(lab)),
  expected: (lab, { host, service: { vip } }) =>
    `arptables: IN drops what asks for ${vip}, OUT leaves with the own address; or arp_ignore=1 and arp_announce=2 on ${deviceFor(lab, host, vip)}, with the VIP on lo`,
  byHand(lab, { host, service: { vip } }) {
    const device = deviceFor(lab, host, vip);
    return serverNamed(lab, host).arpCure === "sysctl"
      ? [`sysctl ${keysOf(device).join(" ")}`, `ip addr show ${device}`]
      : ["arptables -n -L"];
  },
  hint(lab, { host, service: { vip } }) {
    const device = deviceFor(lab, host, vip);
    return serverNamed(lab, host).arpCure === "sysctl"
      ? `\`sysctl ${keysOf(device)
          .map((key, index) => `${key}=${wanted[index]}`)
          .join(" ")}\`, and the VIP on lo: arp_ignore=1 answers for every address of ${device} itself.`
      : `\`apt-get install arptables\`, \`arptables -A INPUT -d ${vip} -j DROP\`, \`arptables -A OUTPUT -s ${vip} -j mangle --mangle-ip-s ${addressOn(
          serverNamed(lab, host),
          networkOfVip(lab, vip).name,
        )}\``;
  },
  async look(view, { host, service: { vip } }) {
    const device = deviceFor(view.lab, host, vip);
    const keys = keysOf(device);
    const own: string = addressOn(serverNamed(view.lab, host), networkOfVip(view.lab, vip).name);
    const tables = await view.on(host)`arptables -n -L`;
    const { INPUT = [], OUTPUT = [] } = parseArptables(tables.output);
    // The first matching rule decides, as in the kernel.
    const drops = INPUT.find((rule) => fits(rule, "-d", vip, device))?.["-j"] === "DROP";
    const mangles = OUTPUT.find((rule) => fits(rule, "-s", vip, device))?.["--mangle-ip-s"] === own;
    if (drops && mangles) return { passed: true, seen: "both arptables rules", started: true };
    const sysctl = await view.on(host)`sysctl ${keys}`;
    const values = new Map(
      [...sysctl.output.matchAll(/^(\S+) = (\d+)$/gm)].map(([, key = "", value]) => [key, Number(value)] as const),
    );
    // The greater of the values of `all` and of the interface applies: the kernel's ip-sysctl.rst.
    const inForce = (name: string): number =>
      Math.max(...["all", device].map((scope) => values.get(`net.ipv4.conf.${scope}.${name}`) ?? 0));
    const ignore = inForce("arp_ignore");
    const announce = inForce("arp_announce");
    const set = (ignore === 1 || ignore === 2) && announce === 2;
    const addresses = parseIpAddresses((await view.on(host)`ip -oneline -4 address show dev ${device}`).output);
    const asked = addresses.some(({ address }) => address === vip);
    const rules = INPUT.length + OUTPUT.length;
    return {
      passed: set && !asked,
      started: rules > 0 || ignore > 0 || announce > 0,
      seen: set
        ? `arp_ignore ${ignore}, arp_announce ${announce}, the VIP ${asked ? `on ${device}, where arp_ignore=1 answers for it` : `not on ${device}`}`
        : `arptables: drop ${drops ? "yes" : "no"}, mangle ${mangles ? "yes" : "no"}; in force on ${device}: arp_ignore ${ignore}, arp_announce ${announce}`,
      ...(set && asked
        ? { hint: `Move the VIP: \`ip addr del ${vip}/32 dev ${device}\`, \`ip addr add ${vip}/32 dev lo\`.` }
        : {}),
      ...(OUTPUT.some((rule) => rule["-s"] === vip && (rule["--mangle-ip-s"] ?? own) !== own)
        ? { hint: `ARP packets must leave with this server's own address: \`--mangle-ip-s ${own}\`.` }
        : {}),
    };
  },
};

const keysOf = (device: string): string[] =>
  ["all", device].flatMap((scope) => [`net.ipv4.conf.${scope}.arp_ignore`, `net.ipv4.conf.${scope}.arp_announce`]);
const wanted = [1, 2, 1, 2];

/** Whether a rule matches the VIP in this field on the device, whatever the packet's other address. */
function fits(rule: ArpRule, key: "-s" | "-d", vip: string, device: string): boolean {
  const other = key === "-s" ? "-d" : "-s";
  if (other in rule || `!${other}` in rule || `!${key}` in rule) return false;
  return (rule[key] ?? vip) === vip && (rule["-i"] ?? rule["-o"] ?? device) === device;
}
