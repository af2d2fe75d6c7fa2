import { goesInTurn, type Lab, poolOf, portsOfService, urlAt, type VirtualService } from "../../lab/index.ts";
import { unknownPage } from "../distribution/requests.ts";
import type { View } from "../live/view.ts";
import type { Check } from "./check.ts";
import { areInTurn, askService, type ServiceSubject, serverOfPage } from "./subjects.ts";

/** How often each port is asked. */
const ROUNDS = 4;

const grouped = (lab: Lab): ServiceSubject[] =>
  lab.services.filter(({ morePorts }) => morePorts).map((service) => ({ host: "client", service }));

export const portGroup: Check<ServiceSubject> = {
  id: "port-group",
  title: "The ports of a group are one service",
  role: "client",
  alone: true,
  proves:
    "Requests to all ports of the group are shared out together: with persistence a client finds the same real server on each port, as a shop " +
    "that goes from HTTP to HTTPS needs; without it the scheduler goes on from one port to the next.",
  appliesTo: (lab) => grouped(lab).length > 0,
  settles: 15,
  subjects: grouped,
  expected: (_, { service }) =>
    `${ROUNDS * portsOfService(service).length} answers from ports ${portsOfService(service).join(" and ")} in turn, ${
      service.persistenceTimeout === undefined
        ? goesInTurn(service)
          ? "from the real servers in strict rotation"
          : "each from a real server"
        : "all from one real server"
    }`,
  byHand: (_, { service }) => [
    `for i in {1..${ROUNDS}}; do ${portsOfService(service)
      .map((port) => `curl --insecure ${urlAt(service, port)}`)
      .join("; ")}; done`,
  ],
  hint: (_, { service }) =>
    `The director marks packets to ports ${portsOfService(service).join(" and ")} with ${service.firewallMark}, in a chain before IPVS, and has the virtual service \`-f ${service.firewallMark}\`: \`nft list ruleset\`, \`ipvsadm -ln\`. A service by address and port takes no notice of marks.`,
  async look(view, { service }) {
    const answers: string[] = [];
    for (let round = 0; round < ROUNDS; round++)
      for (const port of portsOfService(service)) answers.push(await answerOf(view, service, port));
    const pool = poolOf(service).map(({ server }) => server);
    const known = answers.every((answer) => pool.includes(answer));
    const together =
      service.persistenceTimeout === undefined
        ? !goesInTurn(service) || areInTurn(answers, pool.length)
        : new Set(answers).size === 1;
    return {
      passed: known && together,
      seen: answers.join(" "),
      started: answers.some((answer) => pool.includes(answer)),
    };
  },
};

async function answerOf(view: View, service: VirtualService, port: number): Promise<string> {
  const { output, status } = await askService(view, service, port);
  if (status !== 0) return "no answer";
  return serverOfPage(service, output)?.server ?? unknownPage(output);
}
