import { LabError } from "../live/lab-error.ts";
import { defineFault, type FaultSite } from "./fault.ts";
import { none } from "./parameters.ts";
import { targets } from "./targets.ts";
import { exampleOs, must } from "./unit.ts";
import { onWebServer, portsInWords, webServer } from "./web-server.ts";

const example = exampleOs.httpd.service;

export const httpdHang = defineFault({
  id: "httpd-hang",
  title: "hang httpd on",
  explains:
    "The processes are stopped (SIGSTOP), the kernel still accepts connections for them, and nobody answers. TCP_CHECK sees an open port and calls that healthy: every other request hangs until its own timeout. HTTP_GET would see it. Whatever listens on the service's port is meant.",
  realServer: "hangs",
  parameters: none,
  targets: targets.realServers,
  byHand: { inject: `systemctl kill --signal=STOP ${example}`, heal: `systemctl kill --signal=CONT ${example}` },
  async inject(site) {
    if ((await webServer(site)).length === 0)
      throw new LabError(`nobody listens on ${portsInWords(site)} of ${site.server}: nothing there can hang`);
    await signal(site, "STOP");
  },
  async heal(site) {
    await signal(site, "CONT");
  },
  async present(site) {
    const { view, server } = site;
    const pids = [...new Set((await webServer(site)).map(({ pid }) => pid))];
    if (pids.length === 0) return { there: false, seen: `nobody listens on ${portsInWords(site)}` };
    const states = (await must(view.on(server)`ps -o stat= -p ${pids.join(",")}`)).trim().split(/\s+/);
    return {
      there: states.every((state) => state.startsWith("T")),
      seen: `the processes that listen on ${portsInWords(site)} are in state ${states.join(", ")}`,
    };
  },
});

/** Sends a signal to whatever listens on the ports: to all processes of its unit, or else to those that listen. A stopped process listens on. */
const signal = async (site: FaultSite, name: "STOP" | "CONT"): Promise<unknown> =>
  await onWebServer(
    site,
    `all=$(listening)
for unit in $(units); do systemctl kill --signal=${name} "$unit"; done
for pid in $all; do kill -${name} "$pid" 2>/dev/null || [ ! -e "/proc/$pid" ]; done`,
  );
