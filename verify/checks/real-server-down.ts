import { destinationKeyOf, holderOf, ipvsKeyOf, longestTime, poolOf, type VirtualService } from "../../lab/index.ts";
import { parseIpvsList } from "../../provision/roles/ipvs-table.ts";
import { patience } from "../../provision/ssh/index.ts";
import { whileBroken } from "../faults/while-broken.ts";
import type { Check } from "./check.ts";
import { schedulingMargin, secondsUntil } from "./seconds-until.ts";
import { askedByHand, askService, clientOfEachService, type ServiceSubject, underKeepalived } from "./subjects.ts";
import { stopSeenBy } from "./web-server-stop.ts";

const REQUESTS = 20;

export const realServerDown: Check<ServiceSubject> = {
  id: "real-server-down",
  title: "keepalived takes a dead real server out, tells root by mail, and takes it in again",
  role: "client",
  proves:
    "keepalived looks after the real servers: one that no longer serves is out of the table before long, from then on no request fails, " +
    "root has a mail about it, and once it serves again it is back.",
  grading: { keepalived: { points: 2 } },
  appliesTo: (lab) => underKeepalived(lab) && lab.services.some((service) => stopSeenBy(service) !== undefined),
  faulty: true,
  subjects: (lab) => clientOfEachService(lab).filter(({ service }) => stopSeenBy(service) !== undefined),
  expected: (_, { service }) =>
    `${isInhibited(service) ? "in the table with weight 0" : "out of the table"} within ${seenWithin(service)} s plus a scheduling margin; then none of ${REQUESTS} requests fails; a mail to root; back in the table`,
  byHand: (lab, { service }) => [
    `npx lvs-lab fault inject ${stopSeenBy(service)?.id} ${poolOf(service)[0]?.server}`,
    `npx lvs-lab ssh ${holderOf(lab, service.vip)} -- ipvsadm -ln`,
    `for i in {1..10}; do ${askedByHand(service)}; done`,
    `npx lvs-lab ssh ${holderOf(lab, service.vip)} -- mail`,
    "npx lvs-lab heal",
  ],
  hint: (_, { service }) =>
    "It stays in the table: its real_server has no health check. No mail: notification_email root@localhost, smtp_server 127.0.0.1, and the MTA " +
    "(`lvs-lab check --only mail`)." +
    (isInhibited(service) ? " It is out of the table: its real_server has no `inhibit_on_failure`." : ""),
  async look(view, { service }) {
    const master = holderOf(view.lab, service.vip);
    const victim = poolOf(service)[0];
    const fault = stopSeenBy(service);
    if (!victim || !fault) return { passed: false, seen: "no real server", started: false };
    /** Its weight in the table; undefined: it is not there. By hand, the service may be one by a firewall mark. */
    const weight = async (): Promise<number | undefined> => {
      const table = parseIpvsList((await view.on(master)`ipvsadm -ln`).output);
      const own = table.filter(({ key }) => key === ipvsKeyOf(service));
      return (own.length > 0 ? own : table).flatMap(
        ({ destinations }) => destinations[destinationKeyOf(service, victim)]?.weight ?? [],
      )[0];
    };
    // With `inhibit_on_failure` it stays, with weight 0, and gets nothing either: keepalived.conf(5).
    const getsRequests = async (): Promise<boolean> => ((await weight()) ?? 0) > 0;
    const mails = async (): Promise<number> =>
      Number(
        // Another MTA may store root's mail elsewhere.
        (
          await view.on(
            master,
          )`cat /var/mail/* /root/mbox {/root,/home/*}/Maildir/new/* 2>/dev/null | grep --count ${`^Subject:.*${victim.address.replaceAll(".", "\\.")}`}`
        ).output.trim() || 0,
      );
    const before = await mails();
    const margin = schedulingMargin(view.live);
    const { out, stays, failed, told } = await whileBroken(view, fault.id, victim.server, async (signal) => {
      const out = await secondsUntil(async () => !(await getsRequests()), seenWithin(service) + margin, signal);
      const stays = (await weight()) !== undefined;
      let failed = 0;
      for (let request = 0; out !== undefined && request < REQUESTS; request++) {
        signal.throwIfAborted();
        const { status } = await askService(view, service);
        if (status !== 0) failed++;
      }
      const told = await secondsUntil(async () => (await mails()) > before, patience(view.live, 2), signal);
      return { out, stays, failed, told: told !== undefined };
    });
    const back = await secondsUntil(getsRequests, seenWithin(service) + patience(view.live, 2));
    return {
      started: true,
      passed: out !== undefined && (stays || !isInhibited(service)) && failed === 0 && told && back !== undefined,
      seen: [
        out === undefined
          ? "it stayed in the table"
          : `${stays ? "in the table with weight 0" : "out of the table"} after ${out.toFixed(1)} s`,
        out === undefined ? "" : `${failed} of ${REQUESTS} requests failed`,
        told ? "a mail to root" : "no mail to root",
        back === undefined ? "it did not come back" : `back after ${back.toFixed(1)} s`,
      ]
        .filter(Boolean)
        .join("; "),
    };
  },
};

/** Whether a failed real server is to stay in the table, with weight 0. */
const isInhibited = ({ healthCheck }: VirtualService): boolean => healthCheck?.inhibitOnFailure ?? false;

/** Seconds that it may take the health check to see what it is tried by, or its end. */
const seenWithin = (service: VirtualService): number => {
  const fault = stopSeenBy(service);
  return fault && service.healthCheck ? longestTime(service.healthCheck, [fault.failure]) : 0;
};
