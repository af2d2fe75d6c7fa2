import { addressBeside, familyOf } from "../../lab/index.ts";
import { addressesInWords, parseIpAddresses } from "../../provision/roles/ip-address.ts";
import { arpAnswers } from "../live/arp-answers.ts";
import { isLocal } from "../live/reception.ts";
import type { Check } from "./check.ts";
import { deviceFor, eachDirectorOfVip, type ServiceSubject, underIpvsadm } from "./subjects.ts";

/** Judged by what the director does: its address may be on any interface, with any prefix length. */
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
  expected: (_, { service: { vip } }) => `it takes packets for ${vip}, and answers when the client asks for it`,
  byHand: (lab, { host, service: { vip } }) => [
    "ip addr show",
    `ip route get ${vip} from ${addressBeside(lab, lab.client, vip)} iif ${deviceFor(lab, host, vip)} # local: it takes them`,
  ],
  hint: (lab, { host, service: { vip } }) =>
    `The director needs ${vip} as an address of its own, beside the one that it has: on ${deviceFor(lab, host, vip)}, for one.`,
  async look(view, subject) {
    const { host, service } = subject;
    const { vip } = service;
    const found = parseIpAddresses((await view.on(host)`ip -oneline address show`).output);
    const { takes } = await isLocal(view, host, vip, deviceFor(view.lab, host, vip));
    const seen = addressesInWords(found);
    if (!takes) return { passed: false, seen, started: found.some(({ address }) => address === vip) };
    const answers = (await arpAnswers(view, vip)).includes(host);
    return answers
      ? { passed: true, seen: `${this.expected(view.lab, subject)}: ${seen}`, started: true }
      : {
          passed: false,
          seen: `it takes packets for ${vip}, but does not answer when the client asks for it: ${seen}`,
          started: true,
          hint: `Something keeps it from answering for ${vip}: ${familyOf(vip) === 6 ? "is it on the loopback, or is there a filter of neighbour solicitations" : "arp_ignore, a filter of ARP packets"}? Only real servers are to be quiet about it.`,
        };
  },
};
