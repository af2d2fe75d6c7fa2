import { z } from "zod";
import { instancesOf, type TrackProcess, trackedBy } from "../../lab/index.ts";
import { LabError } from "../live/lab-error.ts";
import { defineFault, type FaultSite } from "./fault.ts";
import { targets } from "./targets.ts";
import { must } from "./unit.ts";

/** Where the fault notes the services that it has stopped. */
const NOTES = "/var/lib/lvs-lab/process-stop";

export const processStop = defineFault({
  id: "process-stop",
  title: "stop a tracked process on",
  explains:
    "The services that the process belongs to are stopped. The kernel tells keepalived of its end, and after the process's delay keepalived lowers the director's priority by the weight, or without a weight goes to FAULT. If a director of higher priority is there then, it takes over.",
  parameters: z.strictObject({
    process: z.string().optional().describe("keepalived's name of it; without it the first that the director tracks"),
  }),
  targets: targets.processTrackers,
  goes: (instance, { process }) => {
    const all = trackedBy(instance).filter(({ kind }) => kind === "process");
    return process === undefined ? all[0] : all.find(({ name }) => name === process);
  },
  byHand: {
    inject: "systemctl stop SERVICE # of the process: systemctl status PID",
    heal: "systemctl start SERVICE",
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
systemctl stop $(cat ${notes})
if pgrep --exact ${process} >/dev/null; then echo "a process ${process} still runs, which no service has started"; exit 1; fi`,
    );
  },
  async heal(site, { process: name }) {
    const notes = `${NOTES}/${processOn(site, name).process}`;
    await must(
      site.view.on(site.server)`if [ -e ${notes} ]; then systemctl start $(cat ${notes}) && rm -f ${notes}; fi`,
    );
  },
  async present(site, { process: name }) {
    const { process, quorum } = processOn(site, name);
    const { output } = await site.view.on(site.server)`pgrep --exact --count ${process}`;
    const count = Number(output.trim());
    return { there: count < quorum, seen: `${count} of the processes ${process} run, and ${quorum} must` };
  },
});

/** A process that a server tracks. @throws LabError of kind `misuse` if it does not */
function processOn({ view: { lab }, server }: FaultSite, name: string | undefined): TrackProcess {
  const all = instancesOf(lab, server).flatMap(({ trackProcesses = [] }) => trackProcesses);
  const found = name === undefined ? all[0] : all.find((one) => one.name === name);
  if (found) return found;
  throw new LabError(
    `${server} tracks no process ${name ?? ""}; it tracks ${all.map((one) => one.name).join(", ") || "none"}`,
    "misuse",
  );
}
