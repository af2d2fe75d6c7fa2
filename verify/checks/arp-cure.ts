import { addressBeside, familyOf, type Ip, interfaceOn, type Lab, networkOfVip, serverNamed } from "../../lab/index.ts";
import { arpAnswers } from "../live/arp-answers.ts";
import { type ArpVoice, arpVoice } from "../live/arp-voice.ts";
import { oneAtATime } from "../live/one-at-a-time.ts";
import { takesPackets } from "../live/reception.ts";
import { type ArpSettings, arpSettings } from "./arp-settings.ts";
import type { Check } from "./check.ts";
import { deviceFor, eachVipOwner, oncePerVip, type ServiceSubject } from "./subjects.ts";

/** Judged by what the server says, whatever keeps it quiet: the settings are looked at for hints only. */
export const arpCure: Check<ServiceSubject> = {
  id: "arp-cure",
  title: "The real server is kept from answering ARP for the VIP",
  role: "real-server",
  proves:
    "A real server that takes packets for the VIP neither answers an ARP request for it nor sends one in its name, so that only the director's " +
    "answer reaches the client. Otherwise the client talks to the server that answers its ARP request first, and its requests are not balanced.",
  grading: { ipvsadm: { points: 2 }, keepalived: { points: 2 } },
  appliesTo: (lab) => eachVipOwner(lab).length > 0,
  subjects: (lab) => oncePerVip(eachVipOwner(lab)),
  expected: (lab, { host, service: { vip } }) =>
    familyOf(vip) === 6
      ? `${inWords(vip, { answers: false })}, and does not ask its neighbours as ${vip}`
      : inWords(vip, { answers: false, names: [ownAddress(lab, host, vip)] }),
  byHand: (lab, { host, service: { vip } }) => [
    familyOf(vip) === 6
      ? `tcpdump -ni ${deviceFor(lab, host, vip)} icmp6 # while, in another shell: npx lvs-lab client -- sh -c 'ip neigh del ${vip} dev eth0; ping -c 1 ${vip}'`
      : `tcpdump -ni ${deviceFor(lab, host, vip)} arp # while, in another shell: npx lvs-lab client -- arping -b -c 3 -I eth0 ${vip}`,
  ],
  hint: (_, { service: { vip } }) =>
    familyOf(vip) === 6
      ? IPV6_HINT(vip)
      : `Nothing keeps it from claiming ${vip} in ARP. It must not answer who asks for that address, and must not name it as the sender of its own ` +
        "questions: two things to set. A filter of ARP packets can do both (arptables, or nftables' family arp), and so can the kernel's own " +
        "settings arp_ignore and arp_announce.",
  async look(view, { host, service }) {
    const { lab } = view;
    const { vip } = service;
    const network = networkOfVip(lab, vip).name;
    const own = ownAddress(lab, host, vip);
    const { takes } = await takesPackets(view, host, service);
    if (!takes)
      return {
        passed: false,
        started: false,
        seen: `it takes no packets for ${vip} so far`,
        hint: "It shows once the real server takes packets for the VIP: the task before this one.",
      };
    // First its voice: a question about its own address would tell it the client's without a question of its own. So one VIP after the other, too.
    const { voice, mute } = await oneAtATime(`${view.live.host.directory} ARP of ${host}`, async () => ({
      voice: await arpVoice(view, host, vip),
      mute: !(await arpAnswers(view, own, { network, first: true })).includes(host),
    }));
    const answers = (await arpAnswers(view, vip)).includes(host);
    const claimed = voice.names.filter((name) => isVip(lab, name));
    const stolen = voice.names.flatMap((name) => ownerOf(lab, host, name).map((owner) => ({ name, owner })));
    // The client's entry may now name this real server, so it is deleted and the client asks again. In IPv6 an unsolicited advertisement is enough for
    // that (RFC 4861, section 7.2.5).
    if (answers || claimed.length > 0)
      await view.client("ip", "neigh", "del", vip, "dev", interfaceOn(lab.client, network).device);
    const seen = inWords(vip, { answers, mute, ...voice });
    if (!answers && !mute && claimed.length === 0 && stolen.length === 0 && voice.found)
      return { passed: true, seen, started: true };
    if (familyOf(vip) === 6) {
      const problems = [
        ...(mute ? [`It is silent about ${own} too, its own address: nobody finds it.`] : []),
        ...(answers || claimed.length > 0 ? [IPV6_HINT(vip)] : []),
        ...(voice.found ? [] : [LOST]),
      ];
      const started = mute || stolen.length > 0 || !voice.found || !(answers && claimed.length > 0);
      return { passed: false, started, seen, ...(started ? { hint: problems.join(" ") } : {}) };
    }
    const settings = await arpSettings(view, host, deviceFor(lab, host, vip), vip);
    const hints = [
      ...(mute
        ? [
            `It is silent about ${own} too, its own address: nobody finds it. Only questions about ${vip} are to go unanswered.`,
          ]
        : []),
      ...(answers ? [answering(vip, settings)] : []),
      ...(claimed.length > 0 ? [claiming(vip, own, settings)] : []),
      ...stolen.map(
        ({ name, owner }) =>
          `Its own questions leave as ${name}, which is ${owner}'s address: they must leave as ${own}.`,
      ),
      ...(voice.found
        ? []
        : [
            voice.names.length > 0
              ? LOST
              : `${LOST} Its own questions must leave, under its own address ${own}: dropped, they cost it its neighbours.`,
          ]),
    ];
    // Without any setting it is the ARP problem as it comes, and no mistake.
    const started = settings.any || mute || stolen.length > 0 || !voice.found;
    return { passed: false, started, seen, ...(started ? { hint: hints.join(" ") } : {}) };
  },
};

const ownAddress = (lab: Lab, host: string, vip: Ip): Ip => addressBeside(lab, serverNamed(lab, host), vip);

/** IPv6 has neither arptables nor arp_ignore: where the VIP is decides. */
const IPV6_HINT = (vip: Ip): string =>
  `Something of ${vip} is seen in neighbour discovery. On the loopback it is not: Linux answers for the addresses of the interface that was asked ` +
  "alone, and asks in their name alone. On the interface, a filter must drop the solicitations for it, and let none leave with it as the source.";

const isVip = (lab: Lab, address: string): boolean => lab.virtualAddresses.some((vip) => vip.address === address);

/** The other host of the lab that has an address, if any. */
const ownerOf = (lab: Lab, host: string, address: string): string[] =>
  [
    lab.client,
    ...lab.servers,
    ...lab.networks.map(({ hostAddresses }) => ({ name: "the lab host", interfaces: [{ addresses: hostAddresses }] })),
  ]
    .filter(
      ({ name, interfaces }) =>
        name !== host && interfaces.some(({ addresses }) => addresses.some((one) => one === address)),
    )
    .map(({ name }) => name);

interface Said extends Partial<ArpVoice> {
  readonly answers: boolean;
  /** Whether it answers for no address at all. */
  readonly mute?: boolean;
}

const inWords = (vip: Ip, { answers, mute = false, names = [], found = true }: Said): string =>
  [
    answers ? `it answers who asks for ${vip}` : `it is silent when somebody asks for ${vip}`,
    ...(mute ? ["it does not answer for its own address either"] : []),
    names.length > 0 ? `it asks its neighbours as ${names.join(" and ")}` : found ? "it asks nobody" : "",
    ...(found ? [] : ["it does not find its neighbours"]),
  ]
    .filter(Boolean)
    .join("; ");

const LOST = "It no longer finds the hardware addresses of its neighbours, so its answers do not leave.";

/** Why it answers, as far as its settings tell. */
function answering(vip: Ip, { arptables: { input }, nftables, ignore, onInterface }: ArpSettings): string {
  if (ignore > 0 && onInterface)
    return `arp_ignore is ${ignore}, but with 1 or 2 a host still answers for every address of the interface that was asked, and ${vip} is on it: the VIP belongs on another one, such as the loopback.`;
  if (input.length > 0)
    return `It still answers who asks for ${vip}: the first rule of arptables' chain INPUT that fits such a question must drop it. Is it about this address, as the target, and in that chain?`;
  if (nftables)
    return `It still answers who asks for ${vip}: no rule of nftables drops such a question. Is it in a base chain of the hook input, and about the address as the target (daddr)?`;
  return `It still answers who asks for ${vip}: what is set covers what leaves, not the questions that come in.`;
}

/** Why it asks in the VIP's name, as far as its settings tell. */
function claiming(vip: Ip, own: Ip, { arptables: { output }, nftables, announce }: ArpSettings): string {
  const text = `Its own questions name ${vip} as their sender, and whoever hears them takes it for the owner. They must leave as ${own}:`;
  if (announce === 1) return `${text} arp_announce is 1, which still allows an address of the same subnet.`;
  if (output.length > 0)
    return `${text} no rule of arptables' chain OUTPUT rewrites them. Is it about this address, as the source?`;
  if (nftables) return `${text} no rule of nftables' hook output rewrites the sender (saddr).`;
  return `${text} what is set covers the questions that come in, not what leaves.`;
}
