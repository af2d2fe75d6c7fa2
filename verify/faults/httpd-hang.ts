import { defineFault } from "./fault.ts";
import { none } from "./parameters.ts";
import { targets } from "./targets.ts";
import { exampleOs, must, osOf } from "./unit.ts";

const example = exampleOs.httpd.service;

export const httpdHang = defineFault({
  id: "httpd-hang",
  title: "hang httpd on",
  explains:
    "The processes are stopped (SIGSTOP), the kernel still accepts connections for them, and nobody answers. TCP_CHECK sees an open port and calls that healthy: every other request hangs until its own timeout. HTTP_GET would see it.",
  parameters: none,
  targets: targets.realServers,
  byHand: { inject: `systemctl kill --signal=STOP ${example}`, heal: `systemctl kill --signal=CONT ${example}` },
  async inject({ view, server }) {
    await must(view.on(server)`systemctl kill --signal=STOP ${osOf({ view, server }).httpd.service}`);
  },
  async heal({ view, server }) {
    await must(view.on(server)`systemctl kill --signal=CONT ${osOf({ view, server }).httpd.service}`);
  },
  async present({ view, server }) {
    const { service } = osOf({ view, server }).httpd;
    const { output } = await view.on(server)`ps -o stat= -p "$(systemctl show --property MainPID --value ${service})"`;
    const state = output.trim();
    return { there: state.startsWith("T"), seen: `${service}'s process is in state ${state || "none"}` };
  },
});
