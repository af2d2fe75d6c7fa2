import { holdsVip } from "../live/vip-holders.ts";
import type { Check } from "./check.ts";
import { keepalivedRuns, masterOf, names } from "./subjects.ts";

export const vipHolder: Check = {
  id: "vip-holder",
  title: "Of the directors, the master alone holds the VIP",
  role: "director",
  proves:
    "The VIP is where VRRP put it, on one director and not on two: with two holders the client's requests go now to the one, now to the " +
    "other.",
  stages: ["ha"],
  settles: 15, // a master takes over after its master-down interval, 3.6 s at priority 100
  subjects: names.directors,
  expected: (lab, subject) =>
    masterOf(lab)?.name === subject ? `holds ${lab.service.vip}` : `does not hold ${lab.service.vip}`,
  byHand: () => ["ip addr show eth0"],
  hint: (lab, subject) =>
    masterOf(lab)?.name === subject
      ? `keepalived puts it there: \`virtual_ipaddress { ${lab.service.vip} }\` in the vrrp_instance, with the highest priority of all.`
      : `It waits for the master to fail. If it holds the VIP, the master's advertisements do not reach it (\`tcpdump -ni eth0 vrrp\`), or somebody put it there by hand: \`ip addr del ${lab.service.vip}/32 dev eth0\`.`,
  async look(view, subject) {
    const { vip } = view.lab.service;
    const { output } = await view.on(subject)`ip -oneline -4 address show`;
    const holds = holdsVip(view.lab, output);
    const seen = holds ? `holds ${vip}` : `does not hold ${vip}`;
    const started = holds || (await keepalivedRuns(view, subject));
    return { passed: seen === this.expected(view.lab, subject), seen, started };
  },
};
