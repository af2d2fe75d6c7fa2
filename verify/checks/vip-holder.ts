import { electedOf, interfaceOn, type Lab, serverNamed, type VrrpInstance } from "../../lab/index.ts";
import { parseIpAddresses } from "../../provision/roles/ip-address.ts";
import type { Check } from "./check.ts";
import { eachMember, electionTime, type InstanceSubject, keepalivedRuns, underKeepalived } from "./subjects.ts";

export const vipHolder: Check<InstanceSubject> = {
  id: "vip-holder",
  title: "Of the directors, the master alone holds the VIP",
  role: "director",
  proves:
    "The VIP is where VRRP put it, on one director and not on two: with two holders the client's requests go now to the one, now to the " +
    "other.",
  grading: { keepalived: { points: 2, together: true } },
  appliesTo: underKeepalived,
  settles: electionTime,
  subjects: eachMember,
  expected: (_, { host, instance }) => inWords(instance, electedOf(instance) === host),
  byHand: (lab, { host, instance }) => [`ip addr show ${deviceOf(lab, host, instance)}`],
  hint: (lab, { host, instance }) =>
    electedOf(instance) === host
      ? `keepalived puts it there: the vrrp_instance of this director has ${instance.addresses.join(" and ")} among its virtual addresses, and the highest priority of all.`
      : `It waits for the master to fail. If it holds the VIP, the master's advertisements do not reach it (\`tcpdump -ni ${deviceOf(lab, host, instance)} vrrp\` shows them), or the address was added by hand and has to go.`,
  async look(view, subject) {
    const { host, instance } = subject;
    const { output } = await view.on(host)`ip -oneline address show`;
    const own = parseIpAddresses(output).map(({ address }) => address);
    const held = instance.addresses.filter((vip) => own.includes(vip));
    const seen =
      held.length === 0 || held.length === instance.addresses.length
        ? inWords(instance, held.length > 0)
        : `holds ${held.join(" and ")} alone`;
    const started = held.length > 0 || (await keepalivedRuns(view, host));
    return { passed: seen === this.expected(view.lab, subject), seen, started };
  },
};

const inWords = ({ addresses }: VrrpInstance, holds: boolean): string =>
  `${holds ? "holds" : "does not hold"} ${addresses.join(" and ")}`;

const deviceOf = (lab: Lab, host: string, { network }: VrrpInstance): string =>
  interfaceOn(serverNamed(lab, host), network).device;
