import { directors, type Lab, realServers } from "../../lab/index.ts";
import { patience } from "../../provision/ssh/index.ts";
import { whileBroken } from "../faults/while-broken.ts";
import type { View } from "../live/view.ts";
import { type Check, type CheckResult, runCheck, selectChecks, settlingTime } from "./check.ts";
import type { Subject } from "./subjects.ts";

/** Seconds on a machine with KVM that services may need after systemd says that the boot is over: httpd's first answer, keepalived's first health check. */
const AFTER_BOOT = 5;

/** Servers of one role that are rebooted. */
interface Rebooted extends Pick<Check, "id" | "title"> {
  readonly role: "director" | "real-server";
  servers(lab: Lab): readonly { readonly name: string }[];
  /** What makes their state last. */
  readonly lasting: string;
}

const director: Rebooted = {
  id: "director-reboot",
  title: "a rebooted director is as it was",
  role: "director",
  servers: directors,
  lasting:
    "Addresses and the IPVS table are in the running kernel alone. `ipvsadm --save --numeric >/etc/ipvsadm.rules` keeps the table. A unit of your own " +
    "(Type=oneshot, ExecStart= with the commands, WantedBy=multi-user.target, `systemctl enable`) sets both at boot. A service that was only started: " +
    "`systemctl enable`.",
};

const realServer: Rebooted = {
  id: "real-server-reboot",
  title: "a rebooted real server is as it was",
  role: "real-server",
  servers: realServers,
  lasting:
    "Addresses, sysctls and ARP rules are in the running kernel alone. /etc/sysctl.d keeps sysctls. A unit of your own (Type=oneshot, ExecStart= with the " +
    "commands, WantedBy=multi-user.target, `systemctl enable`) sets addresses and ARP rules at boot. A service that was only started: `systemctl enable`.",
};

/** A check that reboots each of these servers, and then makes the other checks of that server. */
function rebootOf({ id, title, role, servers, lasting }: Rebooted, others: readonly Check[]): Check {
  const again = (lab: Lab, host: string) =>
    selectChecks(lab, others, { roles: [role], hosts: [host] }).filter(({ check }) => !check.faulty);
  const subjects = (lab: Lab): Subject[] =>
    servers(lab).flatMap(({ name }) => (again(lab, name).length > 0 ? [{ host: name }] : []));
  return {
    ...{ id, title, role },
    proves:
      "What a command changes lasts until the next boot. Servers are rebooted for every new kernel: what is in no file, and enabled as no service, is gone " +
      "then, and nobody remembers the commands.",
    grading: { ipvsadm: { points: 1 }, keepalived: { points: 1 } },
    faulty: true,
    reboots: true,
    appliesTo: (lab) => subjects(lab).length > 0,
    subjects,
    expected: (lab, { host }) =>
      `after a reboot these checks pass again: ${[...new Set(again(lab, host).map(({ check }) => check.id))].join(", ")}`,
    byHand: (_, { host }) => ["systemctl reboot", `npx lvs-lab check --server ${host} --wait 60`],
    hint: () => lasting,
    async look(view, { host }) {
      await whileBroken(view, "reboot", host, async () => {});
      const results = await Promise.all(again(view.lab, host).map((one) => afterBoot(view, one)));
      const lost = results.filter(({ passed }) => !passed);
      return {
        passed: lost.length === 0,
        started: lost.length < results.length,
        seen: lost.length === 0 ? "all pass again" : lost.map(({ id, seen }) => `${id}: ${seen}`).join("; "),
      };
    },
  };
}

/** Makes a check until it passes, or has had its time after a boot. */
async function afterBoot({ live }: View, { check, subject }: { check: Check; subject: Subject }): Promise<CheckResult> {
  const settles = patience(live, AFTER_BOOT) + settlingTime(check, live.lab);
  return await runCheck(live, { ...check, settles }, subject);
}

/** The checks that reboot servers, each with these other checks. */
export const rebootChecks = (others: readonly Check[]): Check[] => [
  rebootOf(director, others),
  rebootOf(realServer, others),
];
