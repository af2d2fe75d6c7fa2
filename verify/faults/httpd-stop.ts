import { command } from "../../provision/ssh/index.ts";
import { defineFault, type FaultSite } from "./fault.ts";
import { firewall, ruleset } from "./firewall.ts";
import { none } from "./parameters.ts";
import { targets } from "./targets.ts";
import { exampleOs, osOf } from "./unit.ts";
import { onWebServer, portsInWords, refusing, webServer } from "./web-server.ts";

const example = exampleOs.httpd.service;

/** The units that were stopped, one a line: in memory, since a reboot starts what is enabled. */
const STOPPED = "/run/lvs-lab-httpd-stop";
const TABLE = "lvs_lab_httpd_stop";

/**
 * A web server that is a unit is stopped, and started again. One without a unit cannot be started again as it was: it goes on, and its port is
 * refused to everybody, the server itself included.
 */
export const httpdStop = defineFault({
  id: "httpd-stop",
  title: "stop httpd on",
  explains:
    "Connections are refused. ipvsadm alone goes on sending every other client there; keepalived's TCP_CHECK notices within delay_loop and delay_before_retry, takes the real server out and mails root. Whatever listens on the service's port is stopped, by its systemd unit; the port of a web server that was started by hand is refused by a packet filter instead.",
  realServer: "refuses",
  parameters: none,
  targets: targets.realServers,
  byHand: { inject: `systemctl stop ${example}`, heal: `systemctl start ${example}` },
  async inject(site) {
    // Where nobody listens on the port itself, it may be redirected to another one.
    await onWebServer(
      site,
      command`[ -e ${STOPPED} ] || { units >${STOPPED}.new; mv ${STOPPED}.new ${STOPPED}; }
while read -r unit; do systemctl stop "$unit"; done <${STOPPED}
if [ "$(listening)" ]; then printf %s ${table(site, { tcp: "tcp dport", udp: "udp dport" })} | nft --file -
elif [ ! -s ${STOPPED} ]; then printf %s ${table(site, REDIRECTED)} | nft --file -; fi`,
    );
  },
  async heal(site) {
    const { service } = osOf(site).httpd;
    // Without the list, after a reboot, an enabled web server runs unless it was stopped before.
    await onWebServer(
      site,
      command`if nft list table inet ${TABLE} >/dev/null 2>&1; then nft delete table inet ${TABLE}; fi
if [ -e ${STOPPED} ]; then while read -r unit; do systemctl start "$unit"; done <${STOPPED}; rm ${STOPPED}
elif [ -z "$(listening)" ] && systemctl --quiet is-enabled ${service} 2>/dev/null; then systemctl start ${service}; fi`,
    );
  },
  async present(site) {
    const running = await webServer(site);
    const refused = await firewall.isSet(site, TABLE);
    const programs = [...new Set(running.map(({ program }) => program))].join(" and ");
    return {
      there: running.length === 0 || refused,
      seen: `${programs || "nobody"} listens on ${portsInWords(site)}${refused ? ", and a table refuses it" : ""}`,
    };
  },
});

/** The port that the client asked for, where a packet filter of the server's own has redirected it. */
const REDIRECTED = {
  tcp: "meta l4proto tcp ct original proto-dst",
  udp: "meta l4proto udp ct original proto-dst",
};

const table = (site: FaultSite, by: Parameters<typeof refusing>[1]): string =>
  ruleset(TABLE, `chain input { type filter hook input priority 0; ${refusing(site, by)} }`);
