import { destinationOn } from "../../lab/index.ts";
import { UDP_QUESTION } from "../live/udp-question.ts";
import type { Check } from "./check.ts";
import { eachRealServerBy, type ServiceSubject, serverOfPage } from "./subjects.ts";

export const udpPage: Check<ServiceSubject> = {
  id: "udp-page",
  title: "The UDP server answers locally with its own page",
  role: "real-server",
  proves:
    "There is something to balance: each real server answers datagrams by itself, on the port that the director sends to. That the answers " +
    "differ lets the client see who answered.",
  appliesTo: (lab) => lab.services.some(({ protocol }) => protocol === "udp"),
  subjects: (lab) => eachRealServerBy(lab, "udp"),
  expected: (_, subject) =>
    `${JSON.stringify(destinationOf(subject)?.page ?? "")}, or another text that names ${subject.host} alone${tokenWords(destinationOf(subject))}`,
  byHand: (_, subject) => [`exec 3<>/dev/udp/${addressOf(subject)}; echo >&3; timeout 2 dd bs=65535 count=1 <&3`],
  hint: (_, subject) =>
    `Nothing answers on UDP port ${destinationOf(subject)?.port}: \`ss -ulnp\` shows who listens, \`systemctl status lvs-udp-server\` the lab's own server.`,
  async look(view, subject) {
    const { host, service } = subject;
    const real = destinationOf(subject);
    const { output, status } = await view.on(
      host,
    )`bash -c ${UDP_QUESTION} ask ${real?.address ?? ""} ${String(real?.port ?? "")}`;
    const other = serverOfPage(service, output)?.server;
    return {
      passed: status === 0 && other === host,
      seen: status === 0 ? JSON.stringify(output.slice(0, 60)) : "no answer",
      started: status === 0,
      ...(other !== undefined && other !== host ? { hint: `That is ${other}'s page.` } : {}),
    };
  },
};

const tokenWords = (real: ReturnType<typeof destinationOf>): string =>
  real?.token === undefined ? "" : ` and has the token ${real.token}`;

const destinationOf = ({ host, service }: ServiceSubject) => destinationOn(service, host);

const addressOf = (subject: ServiceSubject): string => {
  const real = destinationOf(subject);
  return `${real?.address}/${real?.port}`;
};
