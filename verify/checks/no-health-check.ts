import { goesInTurn, poolOf } from "../../lab/index.ts";
import { whileBroken } from "../faults/while-broken.ts";
import type { Check } from "./check.ts";
import { askService, clientOfEachService, repeats, type ServiceSubject, underIpvsadm, urlOf } from "./subjects.ts";

const REQUESTS = 10;

export const noHealthCheck: Check<ServiceSubject> = {
  id: "no-health-check",
  title: "ipvsadm alone does not look after its real servers: with one httpd stopped its share of requests fails",
  role: "client",
  proves:
    "The table is blind: IPVS keeps forwarding requests to a real server that no longer serves, so a share of them fails until someone " +
    "takes it out. That is what keepalived is for.",
  grading: { ipvsadm: { points: 1 } },
  appliesTo: underIpvsadm,
  faulty: true,
  subjects: clientOfEachService,
  expected: (_, { service }) =>
    goesInTurn(service)
      ? `every ${poolOf(service).length}. of ${REQUESTS} requests fails, the others are answered`
      : "some requests fail",
  byHand: (_, { service }) => [
    `npx lvs-lab ssh ${poolOf(service)[0]?.server} -- systemctl stop apache2`,
    `for i in {1..${REQUESTS}}; do curl ${urlOf(service)}; done`,
    `npx lvs-lab ssh ${poolOf(service)[0]?.server} -- systemctl start apache2`,
  ],
  hint: () =>
    "If no request fails, dead real servers are removed (is keepalived running?); if all fail, only one server works at all.",
  async look(view, { service }) {
    const pool = poolOf(service);
    const fates: boolean[] = [];
    await whileBroken(view, "httpd-stop", pool[0]?.server ?? "", async (signal) => {
      while (fates.length < REQUESTS) {
        signal.throwIfAborted();
        fates.push((await askService(view, service)).status === 0);
      }
    });
    const failed = fates.filter((fate) => !fate).length;
    const inTurn = repeats(fates, pool.length) && failed === Math.ceil(REQUESTS / pool.length);
    const seen = fates.map((fate) => (fate ? "answered" : "failed")).join(" ");
    return {
      passed: failed > 0 && failed < REQUESTS && (!goesInTurn(service) || inTurn),
      seen,
      started: failed < REQUESTS,
    };
  },
};
