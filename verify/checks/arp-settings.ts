import type { Ip } from "../../lab/index.ts";
import { type ArpRule, parseArptables } from "../../provision/roles/arptables.ts";
import { parseIpAddresses } from "../../provision/roles/ip-address.ts";
import type { View } from "../live/view.ts";

/** What a real server has set about ARP: evidence for hints, not for the verdict. */
export interface ArpSettings {
  /** Whether anything is set, right or wrong. */
  readonly any: boolean;
  readonly arptables: { readonly input: readonly ArpRule[]; readonly output: readonly ArpRule[] };
  /** Whether nftables has a table of the family arp that is not arptables' own. */
  readonly nftables: boolean;
  /** Of arp_ignore and arp_announce the values in force: the greater ones of `all` and of the interface (ip-sysctl.rst). */
  readonly ignore: number;
  readonly announce: number;
  /** Whether the VIP is on the interface itself. */
  readonly onInterface: boolean;
}

/** The filters of ARP packets in the output of `arptables -n -L` and of `nft list ruleset arp`. */
export function arpRules(output: { arptables: string; nft: string }): Pick<ArpSettings, "arptables" | "nftables"> {
  const { INPUT = [], OUTPUT = [] } = parseArptables(output.arptables);
  // The rules of arptables of nf_tables are in a table of this family, too: its chains tell.
  const nftables = output.nft
    .split(/^(?=table arp )/m)
    .some((text) => text.startsWith("table arp ") && !/chain (IN|OUT)PUT /.test(text));
  return { arptables: { input: INPUT, output: OUTPUT }, nftables };
}

/** @param device the interface on the VIP's network */
export async function arpSettings(view: View, host: string, device: string, vip: Ip): Promise<ArpSettings> {
  const { arptables, nftables } = arpRules({
    arptables: (await view.on(host)`arptables -n -L`).output,
    nft: (await view.on(host)`nft list ruleset arp`).output,
  });
  const keys = ["all", device].flatMap((scope) => [
    `net.ipv4.conf.${scope}.arp_ignore`,
    `net.ipv4.conf.${scope}.arp_announce`,
  ]);
  const sysctl = await view.on(host)`sysctl ${keys}`;
  const values = new Map(
    [...sysctl.output.matchAll(/^(\S+) = (\d+)$/gm)].map(([, key = "", value]) => [key, Number(value)]),
  );
  const inForce = (name: string): number =>
    Math.max(...["all", device].map((scope) => values.get(`net.ipv4.conf.${scope}.${name}`) ?? 0));
  const [ignore, announce] = [inForce("arp_ignore"), inForce("arp_announce")];
  const addresses = parseIpAddresses((await view.on(host)`ip -oneline address show dev ${device}`).output);
  return {
    any: arptables.input.length + arptables.output.length > 0 || nftables || ignore > 0 || announce > 0,
    arptables,
    nftables,
    ignore,
    announce,
    onInterface: addresses.some(({ address }) => address === vip),
  };
}
