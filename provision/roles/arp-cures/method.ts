import type { PackageGroup } from "../../os.ts";
import { isIpv6 } from "../ip-address.ts";

/** A real server whose VIPs are not to be seen in ARP, or in neighbour discovery. */
export interface ArpSite {
  readonly server: { readonly address: string };
  /** Its own IPv6 address on the interface, where it has IPv6 VIPs. */
  readonly address6?: string;
  /** The device on which clients and directors are: `eth0`. */
  readonly interface: string;
  /** Of both families. */
  readonly vips: readonly string[];
  readonly tunnelVips: readonly string[];
}

/**
 * A way to keep a real server from answering ARP for its VIPs, and from asking in their name. Its commands are those of systemd units
 * (systemd.service(5)) and of scripts for bash.
 */
export interface ArpCureMethod {
  /** The packages that it needs, a row of provision/os.ts. */
  readonly packages?: PackageGroup;
  /** How it does it: sentences of plain text, for a person who types its commands. */
  readonly reason: string;
  /** The device that has the VIPs. */
  vipDevice(site: Pick<ArpSite, "interface">): string;
  /** Commands that set it, as ExecStart= takes them. The unit runs them before it adds the VIPs. */
  start(site: ArpSite): string[];
  /** Commands that unset it, as ExecStop= takes them. */
  stop(site: ArpSite): string[];
  /** A command whose output `observe` reads. It may fail. */
  question(site: ArpSite): string;
  /** What of it is in force: `whole`, a part or something else in words, or nothing. */
  observe(site: ArpSite, answer: string): "whole" | (string & {}) | undefined;
  /** A script that takes away what is in force of it, also what was set by hand. */
  undo(site: ArpSite): string;
  /** What it comes to for IPv6 VIPs. */
  readonly ipv6: NeighbourCure;
}

/** A way to keep a real server from answering neighbour solicitations for its IPv6 VIPs, and from soliciting in their name (RFC 4861). */
export interface NeighbourCure {
  readonly reason: string;
  /** The device that has the VIPs. */
  vipDevice(site: Pick<ArpSite, "interface">): string;
  /** Whether it needs the packet filter of neighbour-filter.ts; else that must not be there. */
  readonly filters: boolean;
}

/** The VIPs that ARP is about. */
export const ipv4Vips = ({ vips, tunnelVips }: Pick<ArpSite, "vips" | "tunnelVips">): string[] => [
  ...vips.filter((vip) => !isIpv6(vip)),
  ...tunnelVips,
];

/** The VIPs that neighbour discovery is about. */
export const ipv6Vips = ({ vips }: Pick<ArpSite, "vips">): string[] => vips.filter(isIpv6);
