import { familyOf, holderOf, type Ip, interfaceOn, longestPreemptDelay, networkOfVip } from "../../lab/index.ts";
import { arpAnswers, hostOf } from "../live/arp-answers.ts";
import type { View } from "../live/view.ts";
import type { Check } from "./check.ts";
import { clientOfEachService, everywhere, oncePerVip, type ServiceSubject } from "./subjects.ts";

export const arpOwner: Check<ServiceSubject> = {
  id: "arp-owner",
  title: "When the client asks who has the VIP, the director answers and nobody else",
  role: "client",
  proves:
    "The ARP problem is cured where it matters, at the client: whenever it forgets the VIP's MAC address and asks anew, there is one answer " +
    "to learn. A second host that answers too is the problem even while it is the slower one.",
  grading: { ipvsadm: { points: 2 }, keepalived: { points: 2, after: "director-table" } },
  appliesTo: everywhere,
  settles: (lab) => 10 + longestPreemptDelay(lab),
  subjects: (lab) => oncePerVip(clientOfEachService(lab)),
  expected: (lab, { service: { vip } }) =>
    `${holderOf(lab, vip)} alone answers, and the client's entry names ${holderOf(lab, vip)}`,
  byHand(lab, { service: { vip } }) {
    const { device } = interfaceOn(lab.client, networkOfVip(lab, vip).name);
    if (familyOf(vip) === 6)
      return [
        `ip neigh del ${vip} dev ${device}; ping -c 1 ${vip}; ip neigh show ${vip}`,
        `tcpdump -c 3 -ni ${device} 'icmp6 and ip6[40] = 136' # each neighbour advertisement, meanwhile`,
      ];
    return [`arp -d ${vip}; ping -c 1 ${vip}; arp -an | grep '(${vip})'`, `arping -b -c 3 -I ${device} ${vip}`];
  },
  hint: (lab, { service: { vip } }) =>
    `${holderOf(lab, vip)} must answer when somebody asks for ${vip}: does it have the address? A real server that answers too, or says so unasked, is not kept from it (\`lvs-lab check --only arp-cure\`).`,
  async look(view, subject) {
    const { vip } = subject.service;
    const answers = await arpAnswers(view, vip);
    // Without an answer there will be no entry, so do not wait two seconds for it.
    const entry = answers.length === 0 ? undefined : await learnedOwner(view, vip);
    const seen =
      answers.length === 0
        ? "nobody answers"
        : `${answers.join(" and ")} ${answers.length > 1 ? "answer" : "alone answers"}, and the client's entry names ${entry ?? "nobody"}`;
    return { passed: seen === this.expected(view.lab, subject), seen, started: answers.length > 0 };
  },
};

/** The host in the client's ARP entry after it has forgotten the VIP and asked again. */
async function learnedOwner(view: View, vip: Ip): Promise<string | undefined> {
  const network = networkOfVip(view.lab, vip).name;
  const { device } = interfaceOn(view.lab.client, network);
  // A UDP datagram makes the client send an ARP request without involving IPVS. Two seconds is twice the cost of a lost ARP request.
  const { output } = await view.client(
    "bash",
    "-c",
    `ip neigh del ${vip} dev ${device} 2>/dev/null; echo >/dev/udp/${vip}/9; for try in {1..40}; do entry=$(ip neigh show ${vip} dev ${device}); [[ $entry == *lladdr* ]] && break; sleep 0.05; done; echo "$entry"`,
  );
  const mac = /lladdr (\S+)/.exec(output)?.[1];
  return mac && (await hostOf(view, mac, network));
}
