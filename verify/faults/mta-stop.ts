import { SMTP_PORT } from "../../lab/index.ts";
import { defineFault } from "./fault.ts";
import { none } from "./parameters.ts";
import { stopping } from "./server-stop.ts";
import { targets } from "./targets.ts";
import { exampleOs, osOf } from "./unit.ts";

const example = exampleOs.mail.service;

export const mtaStop = defineFault({
  id: "mta-stop",
  title: "stop the MTA on",
  explains:
    "The web server goes on, and clients notice nothing; but the health check asks the MTA by SMTP, whose port now refuses connections. keepalived's SMTP_CHECK takes the real server out of the table although it serves. Whatever listens on port 25 is stopped, by its systemd unit.",
  realServer: "mta-refuses",
  parameters: none,
  targets: targets.mailServers,
  byHand: { inject: `systemctl stop ${example}`, heal: `systemctl start ${example}` },
  ...stopping({
    id: "mta-stop",
    ports: { tcp: [SMTP_PORT], udp: [] },
    service: (site) => osOf(site).mail.service,
  }),
});
