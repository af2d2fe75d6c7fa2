import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { electedOf, familyOfInstance } from "../../lab/index.ts";
import { failoverReport, failoverScenario } from "../failover/index.ts";
import { InterruptedError } from "../live/interruptible.ts";
import { runScenario } from "../scenarios/index.ts";
import type { Check } from "./check.ts";
import { clientOfEachInstance, type InstanceSubject, underKeepalived, urlOf } from "./subjects.ts";

export const directorDown: Check<InstanceSubject> = {
  id: "director-down",
  title: "When the master loses power the standby takes over as fast as VRRP promises, and gives back when it returns",
  role: "client",
  proves:
    "The failover, measured from outside: the outage that the client sees when the master dies without a word is no longer than VRRP's " +
    "timers allow, and afterwards all is as before.",
  grading: { keepalived: { points: 3 } },
  appliesTo: underKeepalived,
  faulty: true,
  // Requests are HTTP. An instance without a service, such as that of a default route, serves no request.
  subjects: (lab) =>
    clientOfEachInstance(lab).filter(({ instance }) =>
      lab.services.some(({ vip, protocol }) => protocol === "tcp" && instance.addresses.includes(vip)),
    ),
  expected: () =>
    "the outage that VRRP promises, the ARP entry moves, requests alternate, the master takes the VIP again",
  byHand: (lab, { instance }) => [
    // ssh would hang on a server that orders its own end: no packet says that the connection is over.
    `npx lvs-lab fault inject power-off ${electedOf(instance)}`,
    `while sleep 0.1; do curl --max-time 1 ${lab.services.filter(({ vip }) => instance.addresses.includes(vip)).map(urlOf)[0]}; done`,
    familyOfInstance(instance) === 6
      ? `ip neigh show ${instance.addresses[0]}`
      : `arp -an | grep '(${instance.addresses[0]})'`,
    "npx lvs-lab heal # gives it its power back",
  ],
  hint: () =>
    "`npx lvs-lab failover` shows each finding with its figures, and writes a report. A takeover that never comes: the standby's keepalived; " +
    "one that is late: `advert_int`; an ARP entry that does not move: gratuitous ARP.",
  async look({ live }, { instance }) {
    const service = live.lab.services.find(({ vip }) => instance.addresses.includes(vip));
    const scenario = await failoverScenario(live, service);
    const directory = await mkdtemp(join(tmpdir(), "lvs-lab-director-down-"));
    try {
      const result = await runScenario(live, scenario, { captureFile: join(directory, "capture.pcap") });
      const { passed, findings, interrupted } = failoverReport(result, scenario);
      if (interrupted !== undefined) throw new InterruptedError(interrupted);
      return {
        passed,
        started: true,
        seen: findings.map(({ ok, title, seen }) => `${ok ? "" : "NOT "}${title}: ${seen}`).join("; "),
      };
    } finally {
      await rm(directory, { recursive: true });
    }
  },
};
