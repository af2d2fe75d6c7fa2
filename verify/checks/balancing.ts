import { goesInTurn, poolOf } from "../../lab/index.ts";
import type { Check } from "./check.ts";
import {
  askedByHand,
  askService,
  clientOfEachService,
  everywhere,
  repeats,
  type ServiceSubject,
  serverOfPage,
} from "./subjects.ts";

const REQUESTS = 10;

export const balancing: Check<ServiceSubject> = {
  id: "balancing",
  title: "The client's requests to the VIP are shared out by the scheduler",
  role: "client",
  proves:
    "All of it together, as the client sees it: ten requests, each on a connection of its own, are answered by real servers in the " +
    "scheduler's order, under rr strictly in turn.",
  grading: { ipvsadm: { points: 3 }, keepalived: { points: 3, after: "arp-owner" } },
  appliesTo: everywhere,
  settles: 15,
  subjects: clientOfEachService,
  expected: (_, { service }) =>
    goesInTurn(service)
      ? `${REQUESTS} answers, ${poolOf(service)
          .map(({ server }) => server)
          .join(" and ")} in strict rotation`
      : `${REQUESTS} answers, each from a real server`,
  byHand: (_, { service }) => [`for i in {1..${REQUESTS}}; do ${askedByHand(service)}; done`],
  hint: (_, { service }) =>
    "It depends on all the others, so fix those first. One real server alone: the client bypassed the director " +
    `(\`arp -d ${service.vip}\`), or the service is persistent. A request that hangs: its real server lacks the VIP.`,
  async look(view, { service }) {
    const pool = poolOf(service);
    const answers: string[] = [];
    let answered = 0;
    for (let request = 0; request < REQUESTS; request++) {
      const { output, status } = await askService(view, service);
      if (status === 0) answered++;
      answers.push(
        serverOfPage(service, output)?.server ??
          (status === 0
            ? `unknown page ${JSON.stringify(output.slice(0, 40))}`
            : `failed (${service.protocol === "udp" ? "status" : "curl"} ${status})`),
      );
      // Every real server was asked, and it is no single failure: stop, because each hanging request takes 5 s.
      if (answers.length - answered > 1 && answers.length > pool.length) break;
    }
    const known = answers.every((answer) => pool.some(({ server }) => server === answer));
    const inTurn = repeats(answers, pool.length) && new Set(answers).size === pool.length;
    return {
      passed: answered > 0 && known && (!goesInTurn(service) || inTurn),
      seen: answers.join(" "),
      started: answered > 0,
    };
  },
};
