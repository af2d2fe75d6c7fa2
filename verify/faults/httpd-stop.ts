import { isStandIn } from "../../lab/index.ts";
import { defineFault } from "./fault.ts";
import { none } from "./parameters.ts";
import { stopping } from "./server-stop.ts";
import { targets } from "./targets.ts";
import { exampleOs, osOf } from "./unit.ts";

const example = exampleOs.httpd.service;

export const httpdStop = defineFault({
  id: "httpd-stop",
  title: "stop httpd on",
  explains:
    "Connections are refused. ipvsadm alone goes on sending every other client there; keepalived's TCP_CHECK notices within delay_loop and delay_before_retry, takes the real server out and mails root. Whatever listens on the service's port is stopped, by its systemd unit; the port of a web server that was started by hand is refused by a packet filter instead.",
  realServer: "refuses",
  parameters: none,
  targets: targets.realServers,
  byHand: { inject: `systemctl stop ${example}`, heal: `systemctl start ${example}` },
  ...stopping({
    id: "httpd-stop",
    service: (site) => (isStandIn(site.view.lab, site.server) ? "nginx" : osOf(site).httpd.service),
  }),
});
