import { defineFault } from "./fault.ts";
import { none } from "./parameters.ts";
import { targets } from "./targets.ts";
import { exampleOs, must, osOf, unitState } from "./unit.ts";

const example = exampleOs.httpd.service;

export const httpdStop = defineFault({
  id: "httpd-stop",
  title: "stop httpd on",
  explains:
    "Connections are refused. ipvsadm alone goes on sending every other client there; keepalived's TCP_CHECK notices within delay_loop and delay_before_retry, takes the real server out and mails root.",
  parameters: none,
  targets: targets.realServers,
  byHand: { inject: `systemctl stop ${example}`, heal: `systemctl start ${example}` },
  async inject({ view, server }) {
    await must(view.on(server)`systemctl stop ${osOf({ view, server }).httpd.service}`);
  },
  async heal({ view, server }) {
    await must(view.on(server)`systemctl start ${osOf({ view, server }).httpd.service}`);
  },
  async present(site) {
    const { service } = osOf(site).httpd;
    const state = await unitState(site, service);
    return { there: state !== "active", seen: `${service} is ${state}` };
  },
});
