import { goesInTurn, poolOf, type VirtualService } from "../../lab/index.ts";
import { whileBroken } from "../faults/while-broken.ts";
import type { Check } from "./check.ts";
import {
  askedByHand,
  askService,
  clientOfEachService,
  repeats,
  type ServiceSubject,
  serverOfPage,
  underIpvsadm,
} from "./subjects.ts";

/** At least so many requests, and at most so many where it takes more to reach the server that is down. */
const LEAST = 10;
const MOST = 200;

/** Whole rounds of a pool: each of its servers has the same share of them, wherever the scheduler begins. */
const requestsFor = (pool: number): number => pool * Math.ceil(LEAST / pool);

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
  expected(_, { service }) {
    const pool = poolOf(service).length;
    return goesInTurn(service) && pool > 1
      ? `every ${pool}. of ${requestsFor(pool)} requests fails, the others are answered`
      : "requests that the scheduler gives to the stopped server fail";
  },
  byHand: (_, { service }) => [
    `npx lvs-lab fault inject httpd-stop ${poolOf(service)[0]?.server}`,
    `for i in {1..${requestsFor(poolOf(service).length)}}; do ${askedByHand(service)}; done`,
    "npx lvs-lab heal",
  ],
  hint: () =>
    "If no request fails, dead real servers are removed (is keepalived running?); if all fail, only one server works at all.",
  async look(view, { service }) {
    const pool = poolOf(service);
    // A client that is always given the same server sees nothing of another.
    const first = await askService(view, service);
    const victim = serverOfPage(service, first.output)?.server ?? pool[0]?.server ?? "";
    const least = requestsFor(pool.length);
    const fates: boolean[] = [];
    await whileBroken(view, "httpd-stop", victim, async (signal) => {
      while (fates.length < least || (fates.every(Boolean) && fates.length < MOST)) {
        signal.throwIfAborted();
        fates.push((await askService(view, service)).status === 0);
      }
    });
    const failed = fates.filter((fate) => !fate).length;
    return {
      passed: goesInTurn(service) ? inTurn(fates, service) : failed > 0,
      seen: inWords(fates, victim),
      started: failed < fates.length || pool.length === 1,
    };
  },
};

/** Whether one of each round fails, always the same one. */
function inTurn(fates: readonly boolean[], service: VirtualService): boolean {
  const pool = poolOf(service).length;
  return repeats(fates, pool) && fates.filter((fate) => !fate).length === fates.length / pool;
}

const inWords = (fates: readonly boolean[], victim: string): string =>
  `without ${victim}: ${fates.map((fate) => (fate ? "answered" : "failed")).join(" ")}`;
