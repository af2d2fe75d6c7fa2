import { type Ip, vipsOf } from "../../lab/index.ts";
import { arpAnswers } from "../live/arp-answers.ts";
import { LabError } from "../live/lab-error.ts";
import { defineFault, type FaultSite } from "./fault.ts";
import { none } from "./parameters.ts";
import { targets } from "./targets.ts";
import { must } from "./unit.ts";

/** The settings from before, for healing: in memory, since a reboot heals by itself. */
const SAVED = "/run/lvs-lab-arp-answer";

const KEYS = ["all", "eth0"].flatMap((scope) => [
  `net.ipv4.conf.${scope}.arp_ignore`,
  `net.ipv4.conf.${scope}.arp_announce`,
]);

export const arpAnswer = defineFault({
  id: "arp-answer",
  title: "take the ARP cure away from",
  explains:
    "The real server says that the VIP is its own, as a host does that brings an address up (gratuitous ARP), and answers when somebody asks. The client believes the last announcement: its requests go to this one real server, past the director and its balancing.",
  parameters: none,
  targets: targets.vipOwners,
  byHand: {
    inject:
      "arptables --flush; sysctl net.ipv4.conf.{all,eth0}.arp_ignore=0 net.ipv4.conf.{all,eth0}.arp_announce=0; arping -U -c 1 -I eth0 VIP",
    heal: "systemctl restart lvs-real-server; on the client: arp -d VIP",
  },
  async inject({ view, server }) {
    const vip = vipOf({ view, server });
    // With arp_notify, setting the link's address, even to the same value, makes the kernel announce the interface's addresses: ip-sysctl.rst.
    await must(
      view.on(server)`[ -e ${SAVED} ] || {
  sysctl ${KEYS} >${SAVED}.sysctl && { ! command -v arptables-save >/dev/null || arptables-save >${SAVED}.arptables; }
  ip address show dev eth0 | grep -q ${` ${vip}/`} || touch ${SAVED}.address
  touch ${SAVED}
}
if command -v arptables >/dev/null; then arptables --flush; fi
sysctl --quiet ${KEYS.map((key) => `${key}=0`)} net.ipv4.conf.eth0.arp_notify=1
ip address show dev eth0 | grep -q ${` ${vip}/`} || ip address add ${vip}/32 dev eth0
ip link set dev eth0 address "$(cat /sys/class/net/eth0/address)"
sysctl --quiet net.ipv4.conf.eth0.arp_notify=0`,
    );
  },
  async heal({ view, server }) {
    const vip = vipOf({ view, server });
    await must(
      view.on(server)`[ ! -e ${SAVED} ] || {
  [ ! -e ${SAVED}.address ] || ip address delete ${vip}/32 dev eth0
  sysctl --quiet --load ${SAVED}.sysctl && { [ ! -e ${SAVED}.arptables ] || arptables-restore <${SAVED}.arptables; } && rm -f ${SAVED} ${SAVED}.*
}`,
    );
    // The client keeps its entry: every answer over the wrong path confirms it.
    await view.client("ip", "neigh", "del", vip, "dev", "eth0");
  },
  async present({ view, server }) {
    const answers = await arpAnswers(view, vipOf({ view, server }));
    return {
      there: answers.includes(server),
      seen: `asked who has the VIP; answers from ${answers.join(" and ") || "nobody"}`,
    };
  },
});

/** The real server's first VIP: one that it answers for shows the problem. @throws LabError if it has none */
function vipOf({ view, server }: FaultSite): Ip {
  const [vip] = vipsOf(view.lab, server);
  if (vip === undefined) throw new LabError(`${server} serves no VIP`, "misuse");
  return vip;
}
