import type { PackageGroup } from "../../os.ts";

/** A real server whose VIPs are not to be seen in ARP. */
export interface ArpSite {
  readonly server: { readonly address: string };
  /** The device on which clients and directors are: `eth0`. */
  readonly interface: string;
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
}

/** All VIPs of a real server. */
export const allVips = ({ vips, tunnelVips }: Pick<ArpSite, "vips" | "tunnelVips">): string[] => [
  ...vips,
  ...tunnelVips,
];
