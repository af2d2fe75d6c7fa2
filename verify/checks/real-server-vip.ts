import { serverNamed } from "../../lab/index.ts";
import { addressesInWords, parseIpAddresses } from "../../provision/roles/ip-address.ts";
import type { Check } from "./check.ts";
import { deviceFor, eachVipOwner, methodOf, oncePerVip, type ServiceSubject } from "./subjects.ts";

export const realServerVip: Check<ServiceSubject> = {
  id: "real-server-vip",
  title: "The real server owns the VIP, so that it takes what the director hands it",
  role: "real-server",
  proves:
    "A forwarded packet still has the VIP as destination; a host without that address drops it. /32, so that no " +
    "route to the segment comes with it.",
  grading: { ipvsadm: { points: 1 }, keepalived: { points: 1 } },
  appliesTo: (lab) => eachVipOwner(lab).length > 0,
  subjects: (lab) => oncePerVip(eachVipOwner(lab)),
  expected(lab, { host, service }) {
    const { tunnelDevice } = methodOf(service);
    return tunnelDevice
      ? `${service.vip}/32 on ${tunnelDevice}, which unpacks what the director sends`
      : `${service.vip}/32 on ${deviceFor(lab, host, service.vip)} (on lo where the cure is sysctl)`;
  },
  byHand: () => ["ip addr"],
  hint(lab, { host, service }) {
    const { vip } = service;
    const { tunnelDevice } = methodOf(service);
    return tunnelDevice
      ? `\`modprobe ipip\`, \`ip link set ${tunnelDevice} up\`, \`sysctl net.ipv4.conf.${tunnelDevice}.rp_filter=0\`, \`ip addr add ${vip}/32 dev ${tunnelDevice}\``
      : `\`ip addr add ${vip}/32 dev ${serverNamed(lab, host).arpCure === "sysctl" ? "lo" : deviceFor(lab, host, vip)}\``;
  },
  async look(view, { host, service }) {
    const { vip } = service;
    const { tunnelDevice } = methodOf(service);
    const { output } = await view.on(host)`ip -oneline -4 address show`;
    const found = parseIpAddresses(output);
    const vips = found.filter(({ address }) => address === vip);
    const [wide] = vips.filter(({ prefixLength }) => prefixLength !== 32);
    return {
      passed: vips.some(({ device }) => tunnelDevice === undefined || device === tunnelDevice) && !wide,
      seen: addressesInWords(found),
      started: vips.length > 0,
      ...(wide
        ? {
            hint:
              `With /${wide.prefixLength} the server gets a second route to the whole subnet: ` +
              `\`ip addr del ${vip}/${wide.prefixLength} dev ${wide.device}\`, then \`ip addr add ${vip}/32 dev ${wide.device}\`.`,
          }
        : {}),
    };
  },
};
