import { defineFault } from "./fault.ts";
import { clearByHand, firewall } from "./firewall.ts";
import { none } from "./parameters.ts";
import { targets } from "./targets.ts";
import { refusing } from "./web-server.ts";

const TABLE = "lvs_lab_reject_port";

export const rejectPort = defineFault({
  id: "reject-port",
  title: "reject the service's port on",
  explains:
    "A firewall answers every connection to the port with a reset, while httpd itself is well: to clients and to health checks it is as if httpd were stopped.",
  realServer: "refuses",
  parameters: none,
  targets: targets.realServers,
  byHand: {
    inject: `nft 'table inet ${TABLE} { chain input { type filter hook input priority 0; tcp dport 80 reject with tcp reset; } }'`,
    heal: clearByHand(TABLE),
  },
  async inject(site) {
    await firewall.set(
      site,
      TABLE,
      // Not on the loopback: to the server itself, httpd is well.
      `chain input { type filter hook input priority 0; ${refusing(site, { tcp: 'iifname != "lo" tcp dport', udp: 'iifname != "lo" udp dport' })} }`,
    );
  },
  async heal(site) {
    await firewall.clear(site, TABLE);
  },
  async present(site) {
    const there = await firewall.isSet(site, TABLE);
    return { there, seen: there ? "a table rejects the port" : "no table rejects it" };
  },
});
