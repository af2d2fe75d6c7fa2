import { osFamilies } from "../../provision/os.ts";
import { defineFault } from "./fault.ts";
import { none } from "./parameters.ts";
import { targets } from "./targets.ts";
import { must } from "./unit.ts";

const { service } = osFamilies.debian.httpd;

export const httpdHang = defineFault({
  id: "httpd-hang",
  title: "hang httpd on",
  explains:
    "The processes are stopped (SIGSTOP), the kernel still accepts connections for them, and nobody answers. TCP_CHECK sees an open port and calls that healthy: every other request hangs until its own timeout. HTTP_GET would see it.",
  parameters: none,
  targets: targets.realServers,
  byHand: { inject: `systemctl kill --signal=STOP ${service}`, heal: `systemctl kill --signal=CONT ${service}` },
  async inject({ view, server }) {
    await must(view.on(server)`systemctl kill --signal=STOP ${service}`);
  },
  async heal({ view, server }) {
    await must(view.on(server)`systemctl kill --signal=CONT ${service}`);
  },
  async present({ view, server }) {
    const { output } = await view.on(server)`ps -o stat= -p "$(systemctl show --property MainPID --value ${service})"`;
    const state = output.trim();
    return { there: state.startsWith("T"), seen: `${service}'s process is in state ${state || "none"}` };
  },
});
