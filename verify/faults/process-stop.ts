import { z } from "zod";
import { instancesOf, type Tracked, trackedBy, type VrrpInstance } from "../../lab/index.ts";
import { LabError } from "../live/lab-error.ts";
import { defineFault, type FaultSite } from "./fault.ts";
import { targets } from "./targets.ts";
import { must } from "./unit.ts";

/** Where the fault notes the services that it has stopped. */
const NOTES = "/var/lib/lvs-lab/process-stop";

/** What keeps systemd from starting them, wherever their unit files are: systemd.unit(5). A mask would not hold against a unit file in /etc. */
const DROP_IN = "lvs-lab-process-stop.conf";

export const processStop = defineFault({
  id: "process-stop",
  title: "stop a tracked process on",
  explains:
    "The services that the process belongs to are killed, and nothing starts them until the fault is healed: a script that keepalived runs might. The kernel tells keepalived of its end, and after the process's delay keepalived lowers the director's priority by the weight, or without a weight goes to FAULT. If a director of higher priority is there then, it takes over.",
  parameters: z.strictObject({
    process: z
      .string()
      .optional()
      .describe(
        "keepalived's name of it, or of a script that looks for a process; without it the first process that the director tracks",
      ),
  }),
  targets: targets.processTrackers,
  goes: (instance, { process }) => processIn(instance, process),
  ends: (instance, { process }) => processIn(instance, process)?.process,
  byHand: {
    inject:
      "systemctl mask --runtime SERVICE; systemctl kill --signal=KILL SERVICE # of the process: systemctl status PID",
    heal: "systemctl unmask --runtime SERVICE; systemctl start SERVICE",
  },
  async inject(site, { process: name }) {
    const { process } = processOn(site, name);
    const notes = `${NOTES}/${process}`;
    await must(
      site.view.on(site.server)`set -e
mkdir -p ${NOTES}
if [ ! -e ${notes} ]; then
  for pid in $(pgrep --exact ${process}); do grep --only-matching '[^/]*[.]service$' /proc/$pid/cgroup; done | sort -u >${`${notes}.new`}
  [ -s ${`${notes}.new`} ] || { echo "no service runs a process ${process}"; exit 1; }
  mv ${`${notes}.new`} ${notes}
fi
for service in $(cat ${notes}); do
  mkdir -p "/run/systemd/system/$service.d"
  printf '[Unit]\\nAssertPathExists=/nonexistent\\n' >"/run/systemd/system/$service.d/"${DROP_IN}
done
systemctl daemon-reload
# A service that ends in order may keep its process for seconds: nginx waits for connections. With the stop begun, systemd does not start it again.
systemctl stop --no-block $(cat ${notes})
systemctl kill --signal=KILL $(cat ${notes}) || true
# Who starts it meanwhile, as a script of keepalived may, takes the place of the stop, and systemctl fails.
for try in 1 2 3 4 5; do systemctl stop $(cat ${notes}) && break; done
if pgrep --exact ${process} >/dev/null; then echo "a process ${process} still runs, which no service has started"; exit 1; fi`,
    );
  },
  async heal(site, { process: name }) {
    const notes = `${NOTES}/${processOn(site, name).process}`;
    await must(
      site.view.on(site.server)`if [ -e ${notes} ]; then
  for service in $(cat ${notes}); do rm -f "/run/systemd/system/$service.d/"${DROP_IN}; done
  systemctl daemon-reload
  systemctl start $(cat ${notes}) && rm -f ${notes}
fi`,
    );
  },
  async present(site, { process: name }) {
    const { process, quorum } = processOn(site, name);
    const { output } = await site.view.on(site.server)`pgrep --exact --count ${process}`;
    const count = Number(output.trim());
    return { there: count < quorum, seen: `${count} of the processes ${process} run, and ${quorum} must` };
  },
});

/** What an instance tracks that needs a process, processes themselves before scripts that look for one. */
const processesIn = (instance: VrrpInstance): (Tracked & { readonly process: string })[] => {
  const all = trackedBy(instance).flatMap((one) =>
    one.process === undefined ? [] : [{ ...one, process: one.process }],
  );
  return [...all.filter(({ kind }) => kind === "process"), ...all.filter(({ kind }) => kind !== "process")];
};

const processIn = (instance: VrrpInstance, name: string | undefined) =>
  processesIn(instance).find((one) => name === undefined || one.name === name);

/** A process that a server tracks, and how many of it must run. @throws LabError of kind `misuse` if it does not */
function processOn({ view: { lab }, server }: FaultSite, name: string | undefined) {
  const all = instancesOf(lab, server).flatMap((instance) =>
    processesIn(instance).map((one) => ({
      ...one,
      quorum: instance.trackProcesses?.find((each) => one.kind === "process" && each.name === one.name)?.quorum ?? 1,
    })),
  );
  const found = all.find((one) => name === undefined || one.name === name);
  if (found) return found;
  throw new LabError(
    `${server} tracks no process ${name ?? ""}; it tracks ${all.map((one) => one.name).join(", ") || "none"}`,
    "misuse",
  );
}
