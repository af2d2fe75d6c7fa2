import { destinationOn } from "../../lab/index.ts";
import { DNS_QUESTION, dnsEscapes, dnsQueryOf, dnsResponse } from "../live/dns-question.ts";
import type { Check } from "./check.ts";
import { eachRealServerAsked, type ServiceSubject } from "./subjects.ts";

export const dnsAnswer: Check<ServiceSubject> = {
  id: "dns-answer",
  title: "The real server answers the DNS query of its health check",
  role: "real-server",
  proves:
    "keepalived's DNS_CHECK has something to ask: each real server answers its query with a DNS response without an error, so it stays in the table.",
  appliesTo: (lab) => eachRealServerAsked(lab, "dns").length > 0,
  subjects: (lab) => eachRealServerAsked(lab, "dns"),
  expected: (_, { service }) => `${wordsOf(service.healthCheck)}: RCODE 0 (NOERROR)`,
  byHand: (_, { host, service }) => {
    const { address = "", port = 0 } = destinationOn(service, host) ?? {};
    const query = dnsEscapes(dnsQueryOf(service.healthCheck));
    return [
      `exec 3<>/dev/udp/${address}/${port}; printf '${query}' | dd iflag=fullblock >&3; timeout 2 dd bs=65535 count=1 <&3 | od -tx1`,
    ];
  },
  hint: (_, { host, service }) =>
    `Something must answer DNS queries on UDP port ${destinationOn(service, host)?.port}, whatever records it has: keepalived takes every RCODE but 0 for a failure. ` +
    "`ss -ulnp` shows who listens, `systemctl status lvs-udp-server` the lab's own server.",
  async look(view, { host, service }) {
    const { address = "", port = 0 } = destinationOn(service, host) ?? {};
    const query = dnsEscapes(dnsQueryOf(service.healthCheck));
    const { output } = await view.on(host)`bash -c ${DNS_QUESTION} ask ${address} ${String(port)} ${query}`;
    const answered = /^[\da-f\s]*[\da-f][\da-f\s]*$/.test(output);
    const response = dnsResponse(answered ? output : "");
    return {
      passed: response?.code === 0,
      started: answered,
      seen: `${wordsOf(service.healthCheck)}: ${response?.text ?? (answered ? "an answer that is no DNS response" : "no answer")}`,
    };
  },
};

const wordsOf = (check: ServiceSubject["service"]["healthCheck"]): string => {
  const { type, name } = dnsQueryOf(check);
  return `a query for ${type} of ${name}`;
};
