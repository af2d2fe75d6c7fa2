import { type Ip, interfaceOn, networkOfVip, ofFamily, serverNamed, vipsOf } from "../../lab/index.ts";
import { arpAnswers } from "../live/arp-answers.ts";
import { LabError } from "../live/lab-error.ts";
import { defineFault, type FaultSite } from "./fault.ts";
import { none } from "./parameters.ts";
import { targets } from "./targets.ts";
import { must } from "./unit.ts";

/** The settings from before, for healing: in memory, since a reboot heals by itself. */
const SAVED = "/run/lvs-lab-arp-answer";

export const arpAnswer = defineFault({
  id: "arp-answer",
  title: "take the ARP cure away from",
  explains:
    "The real server says that the VIP is its own, as a host does that brings an address up (gratuitous ARP), and answers when somebody asks. The client believes the last announcement: its requests go to this one real server, past the director and its balancing.",
  parameters: none,
  targets: targets.vipOwners,
  byHand: {
    inject:
      "arptables --flush; nft flush ruleset arp; sysctl net.ipv4.conf.{all,eth0}.arp_ignore=0 net.ipv4.conf.{all,eth0}.arp_announce=0; arping -U -c 1 -I eth0 VIP",
    heal: "systemctl restart lvs-real-server; on the client: arp -d VIP",
  },
  async inject({ view, server }) {
    const { vip, device, keys } = placeOf({ view, server });
    // With arp_notify, setting the link's address, even to the same value, makes the kernel announce the interface's addresses: ip-sysctl.rst.
    // nft cannot read back what it lists of the rules of arptables, which are in a table of the same family: arptables saves those.
    await must(
      view.on(server)`[ -e ${SAVED} ] || {
  sysctl ${keys} >${SAVED}.sysctl && { ! command -v arptables-save >/dev/null || arptables-save >${SAVED}.arptables; }
  for table in $(nft list tables arp 2>/dev/null | cut -d ' ' -f 3); do
    case $(nft list table arp "$table") in *"chain INPUT"* | *"chain OUTPUT"*) ;; *) nft list table arp "$table" ;; esac
  done >${SAVED}.nft
  ip link show dev ${device} | grep -q NOARP && touch ${SAVED}.noarp
  ip address show dev ${device} | grep -q ${` ${vip}/`} || touch ${SAVED}.address
  touch ${SAVED}
}
if command -v arptables >/dev/null; then arptables --flush; fi
sed -n ${"s/^table arp \\([^ ]*\\) {$/delete table arp \\1/p"} ${SAVED}.nft | nft --file - 2>/dev/null
ip link set dev ${device} arp on
sysctl --quiet ${keys.map((key) => `${key}=0`)} ${`net.ipv4.conf.${device}.arp_notify=1`}
ip address show dev ${device} | grep -q ${` ${vip}/`} || ip address add ${vip}/32 dev ${device}
ip link set dev ${device} address "$(cat /sys/class/net/${device}/address)"
sysctl --quiet ${`net.ipv4.conf.${device}.arp_notify=0`}`,
    );
  },
  async heal({ view, server }) {
    const { vip, device } = placeOf({ view, server });
    await must(
      view.on(server)`[ ! -e ${SAVED} ] || {
  [ ! -e ${SAVED}.address ] || ip address delete ${vip}/32 dev ${device}
  [ ! -e ${SAVED}.noarp ] || ip link set dev ${device} arp off
  sed -n ${"s/^table arp \\([^ ]*\\) {$/delete table arp \\1/p"} ${SAVED}.nft | nft --file - 2>/dev/null
  sysctl --quiet --load ${SAVED}.sysctl && { [ ! -s ${SAVED}.nft ] || nft --file ${SAVED}.nft; } && { [ ! -e ${SAVED}.arptables ] || arptables-restore <${SAVED}.arptables; } && rm -f ${SAVED} ${SAVED}.*
}`,
    );
    // The client keeps its entry: every answer over the wrong path confirms it.
    const client = interfaceOn(view.lab.client, networkOfVip(view.lab, vip).name);
    await view.client("ip", "neigh", "del", vip, "dev", client.device);
  },
  async present({ view, server }) {
    const answers = await arpAnswers(view, placeOf({ view, server }).vip);
    return {
      there: answers.includes(server),
      seen: `asked who has the VIP; answers from ${answers.join(" and ") || "nobody"}`,
    };
  },
});

interface Place {
  /** The real server's first IPv4 VIP: one that it answers for shows the problem. */
  readonly vip: Ip;
  /** Its interface on the VIP's network. */
  readonly device: string;
  /** The kernel's settings about ARP there. */
  readonly keys: readonly string[];
}

/** @throws LabError if the server has no VIP */
function placeOf({ view: { lab }, server }: FaultSite): Place {
  const [vip] = ofFamily(vipsOf(lab, server), 4);
  if (vip === undefined) throw new LabError(`${server} serves no IPv4 VIP`, "misuse");
  const { device } = interfaceOn(serverNamed(lab, server), networkOfVip(lab, vip).name);
  const settings = ["arp_ignore", "arp_announce"];
  return {
    vip,
    device,
    keys: ["all", device].flatMap((scope) => settings.map((name) => `net.ipv4.conf.${scope}.${name}`)),
  };
}
