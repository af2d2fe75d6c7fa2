import { last } from "../../conf/tree.ts";
import type { Director } from "../../directors/director.ts";
import type { Instance } from "../../directors/instance.ts";
import { addressesOf } from "../../directors/virtual-router.ts";
import { servedAddresses } from "../../directors/virtual-server.ts";
import type { Found, Rule } from "../rule.ts";
import { listed } from "../words.ts";

export const strictDropsTraffic: Rule = {
  id: "strict-drops-traffic",
  title: "strict mode, which drops what is sent to the virtual addresses",
  level: "warning",
  why:
    "In strict mode only the owner of an address (priority 255) accepts packets for it, so keepalived has the packet filter drop all others on the " +
    "master, pings and those for IPVS as well. That fits a router that only forwards; `accept` lifts it in VRRP version 3.",
  source:
    "vrrp_complete_instance() and vrrp_handle_accept_mode() in keepalived's vrrp.c, vrrp_nftables.c; acassen/keepalived issues 474 and 1373",
  *look({ directors }) {
    for (const director of directors) {
      const dropped = director.instances.filter(
        (instance) => instance.strict && !instance.accept && !last(instance.block, "no_accept"),
      );
      const global = last(director.settings, "vrrp_strict");
      const all = global ? dropped.filter(({ block }) => !last(block, "strict_mode")) : [];
      if (global && all.length > 0) yield drops(director, all, global);
      for (const instance of dropped)
        if (!all.includes(instance))
          yield drops(director, [instance], last(instance.block, "strict_mode") ?? instance.at);
    }
  },
};

function drops(director: Director, instances: readonly Instance[], at: Found["at"]): Found {
  const addresses = instances.flatMap(addressesOf);
  const served = director.virtualServers.flatMap(servedAddresses).some((address) => addresses.includes(address));
  const some = addresses.length > 3 ? `${addresses.length} addresses` : listed(addresses);
  const version3 = instances.every(({ version }) => version === 3);
  return {
    at,
    ...(served ? { level: "error" as const } : {}),
    message:
      `while ${director.name} is master of ${listed(instances.map(({ name }) => name))} it drops all packets to ${some}` +
      (served ? ", those for its virtual servers too" : ""),
    fix: version3
      ? "write `accept` in the instance, or remove strict mode"
      : "remove strict mode, or write `accept` in the instance together with `version 3`",
  };
}
