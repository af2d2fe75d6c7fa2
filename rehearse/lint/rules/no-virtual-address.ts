import { all } from "../../conf/tree.ts";
import type { Rule } from "../rule.ts";

/** What an instance without addresses may be for: other things follow its master. Addresses in clouds are moved by notify scripts. */
const purposes = [
  ...["notify", "notify_master", "notify_backup", "notify_fault", "notify_stop", "no_virtual_ipaddress"],
  ...["virtual_ipaddress_excluded", "virtual_routes", "virtual_rules", "lvs_sync_daemon_interface"],
];

export const noVirtualAddress: Rule = {
  id: "no-virtual-address",
  title: "an instance whose master holds nothing",
  level: "warning",
  why:
    "The directors elect a master, and no address goes to it, no route, and no script runs: clients see nothing of it. keepalived only writes a line into its " +
    "log. Mostly the block virtual_ipaddress is empty, or misspelt.",
  source: "vrrp_complete_instance() in keepalived's vrrp.c; keepalived.conf(5), no_virtual_ipaddress",
  *look({ directors }) {
    for (const { name: director, instances, syncGroups, syncDaemon } of directors)
      for (const { at, name, block, addresses, version, strict } of instances) {
        // Without addresses, strict mode and version 3 do not go: rules strict-forbids and does-not-start.
        if (addresses.length > 0 || strict || version === 3 || all(block, ...purposes).length > 0) continue;
        // What follows its group's master, or the sync daemon's, follows it.
        if (syncDaemon?.instance === name || syncGroups.some(({ members }) => members.some((one) => one.name === name)))
          continue;
        yield {
          at,
          message: `nothing moves to the master of ${name}, on ${director}: it has no virtual_ipaddress`,
          fix: "write the addresses that clients use into virtual_ipaddress",
        };
      }
  },
};
