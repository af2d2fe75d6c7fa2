import { isStandIn } from "../../lab/index.ts";
import { command } from "../../provision/ssh/index.ts";
import type { Ports } from "../live/listeners.ts";
import type { Fault, FaultSite } from "./fault.ts";
import { firewall, ruleset } from "./firewall.ts";
import { onWebServer, portsInWords, refusing, webServer } from "./web-server.ts";

/** What a fault stops: whatever listens on some ports of a server. */
interface Stopped {
  /** The fault's id. */
  readonly id: string;
  /** The ports; not there: those of the server's services. */
  readonly ports?: Ports;
  /** The lab's own unit for them on the fault's server. */
  service(site: FaultSite): string;
}

/**
 * A server that is a unit is stopped, and started again. One without a unit cannot be started again as it was: it goes on, and its port is refused to
 * everybody, the server itself included.
 */
export function stopping({ id, ports, service }: Stopped): Pick<Fault, "inject" | "heal" | "present"> {
  /** The units that were stopped, one a line: in memory, since a reboot starts what is enabled. Stand-ins share their files. */
  const stoppedOn = ({ view, server }: FaultSite): string =>
    `/run/lvs-lab-${id}${isStandIn(view.lab, server) ? `-${server}` : ""}`;
  const name = `lvs_lab_${id.replaceAll("-", "_")}`;
  const table = (site: FaultSite, by: Parameters<typeof refusing>[1]): string =>
    ruleset(name, `chain input { type filter hook input priority 0; ${refusing(site, by, ports)} }`);
  return {
    async inject(site) {
      const stopped = stoppedOn(site);
      // Where nobody listens on the port itself, it may be redirected to another one.
      await onWebServer(
        site,
        command`[ -e ${stopped} ] || { units >${stopped}.new; mv ${stopped}.new ${stopped}; }
while read -r unit; do systemctl stop "$unit"; done <${stopped}
if [ "$(listening)" ]; then printf %s ${table(site, { tcp: "tcp dport", udp: "udp dport" })} | nft --file -
elif [ ! -s ${stopped} ]; then printf %s ${table(site, REDIRECTED)} | nft --file -; fi`,
        ports,
      );
    },
    async heal(site) {
      const stopped = stoppedOn(site);
      // Without the list, after a reboot, an enabled server runs unless it was stopped before. Debian 13's Postfix listens only after its start is done.
      await onWebServer(
        site,
        command`if nft list table inet ${name} >/dev/null 2>&1; then nft delete table inet ${name}; fi
begin() { systemctl start "$@"; for _ in $(seq 50); do [ -z "$(listening)" ] || break; sleep 0.2; done; }
if [ -e ${stopped} ]; then while read -r unit; do begin "$unit" </dev/null; done <${stopped}; rm ${stopped}
elif [ -z "$(listening)" ] && systemctl --quiet is-enabled ${service(site)} 2>/dev/null; then begin ${service(site)}; fi`,
        ports,
      );
    },
    async present(site) {
      const running = await webServer(site, ports);
      const refused = await firewall.isSet(site, name);
      const programs = [...new Set(running.map(({ program }) => program))].join(" and ");
      return {
        there: running.length === 0 || refused,
        seen: `${programs || "nobody"} listens on ${portsInWords(site, ports)}${refused ? ", and a table refuses it" : ""}`,
      };
    },
  };
}

/** The port that the client asked for, where a packet filter of the server's own has redirected it. */
const REDIRECTED = {
  tcp: "meta l4proto tcp ct original proto-dst",
  udp: "meta l4proto udp ct original proto-dst",
};
