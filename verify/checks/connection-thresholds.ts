import { destinationKeyOf, type Lab, poolOf, type VirtualService } from "../../lab/index.ts";
import { snapshots } from "../distribution/director.ts";
import { clientOf, type Held } from "../distribution/requests.ts";
import { ownSource } from "../distribution/sources.ts";
import type { Check } from "./check.ts";
import { secondsUntil } from "./seconds-until.ts";
import { askedByHand, type ServiceSubject, serverOfPage } from "./subjects.ts";

/** The most connections that it opens: each takes some hundredths of a second. */
const MOST = 200;

/** Seconds within which IPVS forgets connections that were reset, and more: 10 (tcp_timeouts in ip_vs_proto_tcp.c). */
const FORGOTTEN = 20;

const placesOf = (service: VirtualService): number =>
  poolOf(service).reduce((sum, { upperThreshold = Number.POSITIVE_INFINITY }) => sum + upperThreshold, 0);

/** Services whose real servers all have an upper threshold, over TCP. */
const limited = (lab: Lab): ServiceSubject[] =>
  lab.services
    .filter((service) => service.protocol === "tcp" && service.persistenceTimeout === undefined)
    .filter((service) => placesOf(service) <= MOST)
    .map((service) => ({ host: "client", service }));

const inWords = (service: VirtualService): string =>
  poolOf(service)
    .map(({ server, upperThreshold }) => `${server} ${upperThreshold}`)
    .join(", ");

export const connectionThresholds: Check<ServiceSubject> = {
  id: "connection-thresholds",
  title: "A real server gets no more connections than its upper threshold",
  role: "client",
  proves:
    "IPVS counts a real server's connections: at the upper threshold it gets no more, though the others do, and when all are full a client is " +
    "refused. When connections have ended it gets new ones.",
  appliesTo: (lab) => limited(lab).length > 0,
  faulty: true,
  subjects: limited,
  expected: (_, { service }) => `connections: ${inWords(service)}; then one is refused, until they have ended`,
  byHand: (_, { service }) => [
    `for i in {1..${placesOf(service) + 1}}; do socat -t60 - TCP:${service.vip}:${service.port} </dev/zero & done # in a shell of its own; Ctrl-C ends them`,
    askedByHand(service),
  ],
  hint: () =>
    "`ipvsadm -ln --thresholds` shows the thresholds, and `ipvsadm -ln` the connections: the inactive ones count, too. A real server whose upper threshold " +
    "is 0 has none.",
  async look(view, { service }) {
    const client = clientOf(view, service, (page) => serverOfPage(service, page)?.server);
    const held: Held[] = [];
    let ended: string | undefined;
    try {
      while (ended === undefined && held.length <= placesOf(service)) {
        const one = await client.hold(ownSource(view.lab, service), { reset: true });
        if (one.outcome === "answered") held.push(one);
        else ended = one.outcome;
      }
      const full = [...(await snapshots(view, service)).values()].find(({ destinations }) =>
        Object.values(destinations).some(({ active }) => active > 0),
      );
      const counts = poolOf(service).map((real) => {
        const { active = 0, inactive = 0 } = full?.destinations[destinationKeyOf(service, real)] ?? {};
        return { ...real, count: active + inactive };
      });
      // Some that had ended before may be forgotten meanwhile; below the lower threshold it would get new ones.
      const isFull = ({ count, upperThreshold = 0, lowerThreshold = upperThreshold * 0.75 }: (typeof counts)[number]) =>
        count <= upperThreshold && count >= lowerThreshold;
      const seen = counts.map(({ server, count, upperThreshold }) => `${server} ${count} of ${upperThreshold}`);
      const opened = held.length;
      await releaseAll(held);
      const again = await secondsUntil(
        async () => (await client.ask(ownSource(view.lab, service))).outcome === "answered",
        FORGOTTEN,
      );
      return {
        passed: ended === "refused" && counts.every(isFull) && again !== undefined,
        seen: [
          ...seen,
          `then one was ${ended ?? "answered"}`,
          again === undefined
            ? `none was answered for ${FORGOTTEN} s after they had ended`
            : "answered again once they had ended",
        ].join("; "),
        started: opened > 0,
      };
    } finally {
      await releaseAll(held);
    }
  },
};

async function releaseAll(held: Held[]): Promise<void> {
  await Promise.all(held.splice(0).map((one) => one.release()));
}
