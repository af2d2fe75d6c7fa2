import { holderOf, poolOf, type RealServer, type VirtualService } from "../../lab/index.ts";
import { patience } from "../../provision/ssh/index.ts";
import { whileBroken } from "../faults/while-broken.ts";
import type { View } from "../live/view.ts";
import type { Check } from "./check.ts";
import { schedulingMargin, secondsUntil } from "./seconds-until.ts";
import { askedByHand, askService, clientOfEachService, type ServiceSubject, serverOfPage } from "./subjects.ts";
import { seesStop, stopSeenWithin } from "./web-server-stop.ts";

const REQUESTS = 20;

/** Judged by what the client gets, whoever serves it and however the quorum is lost. */
export const sorryServer: Check<ServiceSubject> = {
  id: "sorry-server",
  title: "Without a quorum of real servers, the client gets the sorry server's page",
  role: "client",
  proves:
    "When too few real servers are left, keepalived lets in the sorry server: clients get its page instead of an error or of real servers that cannot " +
    "carry the load. Once enough are back, they answer again, and the sorry server no longer.",
  appliesTo: (lab) => lab.services.some(hasSorryServer),
  faulty: true,
  subjects: (lab) => clientOfEachService(lab).filter(({ service }) => hasSorryServer(service)),
  expected: (_, { service }) =>
    `with httpd stopped on ${namesOf(victimsOf(service))}, the sorry server's page within ${stopSeenWithin(service)} s plus a scheduling margin, and in each of ${REQUESTS} requests; then the real servers' pages again`,
  byHand: (lab, { service }) => [
    ...victimsOf(service).map(({ server }) => `npx lvs-lab ssh ${server} -- systemctl stop apache2`),
    `npx lvs-lab ssh ${holderOf(lab, service.vip)} -- ipvsadm -ln`,
    `for i in {1..10}; do ${askedByHand(service)}; done`,
    ...victimsOf(service).map(({ server }) => `npx lvs-lab ssh ${server} -- systemctl start apache2`),
  ],
  hint: () =>
    "keepalived adds the sorry server when the quorum is lost: `journalctl -u keepalived` on the master tells of both. Does the sorry server serve its page, " +
    "on the service's port, and does it take packets for the VIP?",
  async look(view, { service }) {
    const victims = victimsOf(service);
    const margin = schedulingMargin(view.live);
    const isSorry = async () => {
      const { output, status } = await askService(view, service);
      return status === 0 && output.trim() === service.sorryServer?.page.trim();
    };
    const limit = stopSeenWithin(service);
    const before = await isSorry();
    const { came, others } = await withAllBroken(view, victims, async (signal) => {
      const came = await secondsUntil(isSorry, limit + margin, signal);
      let others = 0;
      for (let request = 0; came !== undefined && request < REQUESTS; request++) {
        signal?.throwIfAborted();
        if (!(await isSorry())) others++;
      }
      return { came, others };
    });
    const isReal = async () => {
      const { output, status } = await askService(view, service);
      return status === 0 && serverOfPage(service, output) !== undefined;
    };
    const gone = await secondsUntil(isReal, limit + patience(view.live, 2));
    return {
      started: true,
      passed: !before && came !== undefined && others === 0 && gone !== undefined,
      seen: [
        before ? "the sorry server answered while all were well" : "",
        came === undefined
          ? "the sorry server's page did not come"
          : `the sorry server's page after ${came.toFixed(1)} s`,
        came === undefined ? "" : `${others} of ${REQUESTS} requests got something else`,
        gone === undefined ? "the real servers did not come back" : `a real server again after ${gone.toFixed(1)} s`,
      ]
        .filter(Boolean)
        .join("; "),
    };
  },
};

/** Whether a service has a sorry server, and keepalived would see that its real servers' web servers stop. */
const hasSorryServer = (service: VirtualService): boolean => service.sorryServer !== undefined && seesStop(service);

/**
 * The fewest real servers, in the lab's order, without which the quorum is lost: keepalived loses it when the weights that are left are below
 * quorum − hysteresis (update_quorum_state() in version 2.2.7's check/ipwrapper.c).
 */
export function victimsOf(service: VirtualService): RealServer[] {
  const { quorum = 1, hysteresis = 0 } = service;
  const victims: RealServer[] = [];
  let left = service.realServers.reduce((sum, { weight }) => sum + weight, 0);
  for (const real of poolOf(service)) {
    if (left < quorum - hysteresis) break;
    victims.push(real);
    left -= real.weight;
  }
  return victims;
}

const namesOf = (all: readonly RealServer[]): string => all.map(({ server }) => server).join(" and ");

/** Runs `work` while httpd is stopped on all of these real servers. */
async function withAllBroken<T>(
  view: View,
  [first, ...rest]: readonly RealServer[],
  work: (signal?: AbortSignal) => Promise<T>,
  outer?: AbortSignal,
): Promise<T> {
  if (!first) return await work(outer);
  return await whileBroken(view, "httpd-stop", first.server, (signal) => withAllBroken(view, rest, work, signal));
}
