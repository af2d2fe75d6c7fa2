import { withPrefix } from "../../lab/index.ts";
import { addressesInWords, parseIpAddresses } from "../../provision/roles/ip-address.ts";
import type { Check } from "./check.ts";
import { deviceFor, eachDirectorOfVip, type ServiceSubject, underIpvsadm } from "./subjects.ts";

export const directorVip: Check<ServiceSubject> = {
  id: "director-vip",
  title: "The director has the VIP",
  role: "director",
  proves:
    "The director takes packets for the VIP as its own and answers when the client asks by ARP whose address it is. Without the VIP the " +
    "table is never looked at.",
  grading: { ipvsadm: { points: 1 } },
  appliesTo: underIpvsadm,
  subjects: eachDirectorOfVip,
  expected: (lab, { host, service: { vip } }) => `${vip} on ${deviceFor(lab, host, vip)}, with any prefix length`,
  byHand: (lab, { host, service }) => [`ip addr show ${deviceFor(lab, host, service.vip)}`],
  hint: (lab, { host, service: { vip } }) => `\`ip addr add ${withPrefix(lab, vip)} dev ${deviceFor(lab, host, vip)}\``,
  async look(view, { host, service }) {
    const { output } = await view.on(host)`ip -oneline -4 address show`;
    const found = parseIpAddresses(output);
    const vips = found.filter(({ address }) => address === service.vip);
    return {
      passed: vips.some(({ device }) => device === deviceFor(view.lab, host, service.vip)),
      seen: addressesInWords(found),
      started: vips.length > 0,
    };
  },
};
