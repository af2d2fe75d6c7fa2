import { addressesInWords, parseIpAddresses } from "../../provision/roles/ip-address.ts";
import type { Check } from "./check.ts";
import { names } from "./subjects.ts";

export const directorVip: Check = {
  id: "director-vip",
  title: "The director has the VIP",
  role: "director",
  proves:
    "The director takes packets for the VIP as its own and answers when the client asks by ARP whose address it is. Without the VIP the " +
    "table is never looked at.",
  stages: ["dr"],
  subjects: names.directors,
  expected: ({ service }) => `${service.vip} on eth0, with any prefix length`,
  byHand: () => ["ip addr show eth0"],
  hint: ({ service: { vip }, network: { prefixLength } }) => `\`ip addr add ${vip}/${prefixLength} dev eth0\``,
  async look(view, subject) {
    const { output } = await view.on(subject)`ip -oneline -4 address show`;
    const found = parseIpAddresses(output);
    const vips = found.filter(({ address }) => address === view.lab.service.vip);
    return {
      passed: vips.some(({ device }) => device === "eth0"),
      seen: addressesInWords(found),
      started: vips.length > 0,
    };
  },
};
