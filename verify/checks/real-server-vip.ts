import { addressesInWords, parseIpAddresses } from "../../provision/roles/ip-address.ts";
import type { Check } from "./check.ts";
import { names } from "./subjects.ts";

export const realServerVip: Check = {
  id: "real-server-vip",
  title: "The real server owns the VIP, so that it takes what the director hands it",
  role: "real-server",
  proves:
    "A packet that the director passes on still has the VIP for its destination; a host without that address drops it. /32, so that no " +
    "route to the segment comes with it.",
  stages: ["dr", "ha"],
  subjects: names.realServers,
  expected: ({ service }) => `${service.vip}/32 on eth0 (on lo where the cure is sysctl)`,
  byHand: () => ["ip addr"],
  hint: ({ service: { vip }, arpCure }) => `\`ip addr add ${vip}/32 dev ${arpCure === "sysctl" ? "lo" : "eth0"}\``,
  async look(view, subject) {
    const { vip } = view.lab.service;
    const { output } = await view.on(subject)`ip -oneline -4 address show`;
    const found = parseIpAddresses(output);
    const vips = found.filter(({ address }) => address === vip);
    const [wide] = vips.filter(({ prefixLength }) => prefixLength !== 32);
    return {
      passed: vips.length > 0 && !wide,
      seen: addressesInWords(found),
      started: vips.length > 0,
      ...(wide
        ? {
            hint:
              `With /${wide.prefixLength} the server believes in a second way to that whole subnet: ` +
              `\`ip addr del ${vip}/${wide.prefixLength} dev ${wide.device}\`, then \`ip addr add ${vip}/32 dev ${wide.device}\`.`,
          }
        : {}),
    };
  },
};
