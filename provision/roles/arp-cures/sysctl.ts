import { command } from "../../ssh/index.ts";
import { loopback } from "./loopback.ts";
import type { ArpCureMethod, ArpSite } from "./method.ts";

/**
 * The kernel's own settings. With arp_ignore=1 a host still answers for every address of the interface that received the request (the
 * kernel's ip-sysctl.rst), so the VIPs are on another one, by convention the loopback.
 */
export const sysctl: ArpCureMethod = {
  reason:
    "With arp_ignore=1 an interface answers for its own addresses, and the VIP is on lo; with arp_announce=2 it asks in their name alone.",
  vipDevice: () => "lo",
  start: (site) => [
    `/sbin/sysctl -q ${settings(site)
      .map(([name, value]) => `${name}=${value}`)
      .join(" ")}`,
  ],
  stop: (site) => [
    `-/sbin/sysctl -q ${settings(site)
      .map(([name]) => `${name}=0`)
      .join(" ")}`,
  ],
  question: (site) => command`sysctl -n ${settings(site).map(([name]) => name)}`,
  observe(site, answer) {
    const wanted = settings(site).map(([, value]) => value);
    const values = answer.trim().split("\n");
    const set = wanted.filter((value, index) => Number(values[index]) >= value).length;
    return set === wanted.length ? "whole" : set > 0 ? "part of the sysctls" : undefined;
  },
  undo: (site) => command`sysctl -q ${settings(site).map(([name]) => `${name}=0`)}`,
  ipv6: loopback,
};

/** arp_ignore and arp_announce, on `all` and on the interface: the kernel's ip-sysctl.rst. The greater value applies. */
const settings = ({ interface: device }: Pick<ArpSite, "interface">): [string, 1 | 2][] =>
  ["all", device].flatMap((scope): [string, 1 | 2][] => [
    [`net.ipv4.conf.${scope}.arp_ignore`, 1],
    [`net.ipv4.conf.${scope}.arp_announce`, 2],
  ]);
