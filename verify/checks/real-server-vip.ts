import { addressBeside, familyOf, type Ip, serverNamed } from "../../lab/index.ts";
import { addressesInWords, asHost, parseIpAddresses } from "../../provision/roles/ip-address.ts";
import { takesPackets } from "../live/reception.ts";
import type { Check } from "./check.ts";
import { deviceFor, eachVipOwner, methodOf, oncePerVip, type ServiceSubject } from "./subjects.ts";

/** Judged by what the real server does with packets: it may have the VIP on any interface, or redirect them to itself. */
export const realServerVip: Check<ServiceSubject> = {
  id: "real-server-vip",
  title: "The real server takes what the director hands it, as if the VIP were its own address",
  role: "real-server",
  proves:
    "A forwarded packet still has the VIP as destination; a host that does not take it for its own drops it. As /32, the VIP brings no " +
    "route to the segment with it, and the server does not speak to others in its name.",
  grading: { ipvsadm: { points: 1 }, keepalived: { points: 1 } },
  appliesTo: (lab) => eachVipOwner(lab).length > 0,
  subjects: (lab) => oncePerVip(eachVipOwner(lab)),
  expected(_, { service }) {
    const { tunnelDevice } = methodOf(service);
    return tunnelDevice
      ? `it takes packets for ${service.vip} that ${tunnelDevice} unpacks`
      : `it takes packets for ${service.vip}, and uses its own address for its own`;
  },
  byHand: (lab, { host, service: { vip, forwarding } }) => [
    "ip addr",
    `ip route get ${vip} from ${addressBeside(lab, lab.client, vip)} iif ${forwarding === "tunnel" ? "tunl0" : deviceFor(lab, host, vip)} # local: it takes them`,
  ],
  hint(lab, { host, service }) {
    const { vip } = service;
    const { tunnelDevice } = methodOf(service);
    return tunnelDevice
      ? `The director's packets come in a tunnel: ${tunnelDevice} (module ipip) must be up to unpack them, its reverse path filter must let them pass, and ${vip} must be an address of the server, as ${lengthOf(vip)}.`
      : `Packets for ${vip} are dropped: the server needs it as an address of its own, as ${lengthOf(vip)}, on ${deviceFor(lab, host, vip)} or on another interface such as the loopback.`;
  },
  async look(view, subject) {
    const { host, service } = subject;
    const { vip } = service;
    const found = parseIpAddresses((await view.on(host)`ip -oneline address show`).output);
    const seen = addressesInWords(found);
    const vips = found.filter(({ address }) => address === vip);
    const reception = await takesPackets(view, host, service);
    if (!reception.takes)
      return {
        passed: false,
        seen: `${reception.seen || "it does not take them"}; ${seen}`,
        started: vips.length > 0,
      };
    const client = addressBeside(view.lab, view.lab.client, vip);
    const { output: way } = await view.on(host)`ip -oneline ${familyOf(vip) === 6 ? "-6" : "-4"} route get ${client}`;
    const speaks = /\bsrc ([\da-f.:]+)/.exec(way)?.[1];
    if (speaks !== vip && !way.startsWith("local "))
      return { passed: true, seen: `${this.expected(view.lab, subject)}: ${seen}`, started: true };
    const [wide] = vips.filter(({ prefixLength }) => `${vip}/${prefixLength}` !== asHost(vip));
    return {
      passed: false,
      seen: `it takes packets for ${vip}, but ${way.startsWith("local ") ? `takes ${client}, the client's address, for its own` : `speaks to ${client} as ${speaks}`}; ${seen}`,
      started: true,
      hint: wide
        ? `With /${wide.prefixLength} on ${wide.device} the VIP brings a route to the whole subnet with it: as ${lengthOf(vip)} it is an address and nothing else.`
        : `Its own packets must leave as ${addressBeside(view.lab, serverNamed(view.lab, host), vip)}: ${familyOf(vip) === 6 ? "the VIP must be deprecated (`preferred_lft 0`), or Linux takes the latest address for their source" : "a route names the VIP as their source"}.`,
    };
  },
};

/** `/32`, in IPv6 `/128`. */
const lengthOf = (vip: Ip): string => asHost(vip).replace(/.*(?=\/)/, "");
