import { familyOf, type Ip, interfaceOn, networkOfVip, serverWithMac } from "../../lab/index.ts";
import { solicitation } from "./solicitation.ts";
import type { View } from "./view.ts";

/**
 * Hosts that answer the client's ARP request, or neighbour solicitation, for an address: names of servers, or the hardware address of an unknown host; each once, sorted.
 * All answers count, not only the quickest, which alone is in the client's cache: a real server that loses that race today wins it
 * tomorrow.
 * @param network the name of the address's network; default: that of a VIP
 * @param first whether one answer is enough, where only one host may give it
 */
export async function arpAnswers(
  view: View,
  address: Ip,
  {
    network = networkOfVip(view.lab, address).name,
    first = false,
  }: { readonly network?: string; readonly first?: boolean } = {},
): Promise<string[]> {
  const { device } = interfaceOn(view.lab.client, network);
  const macs =
    familyOf(address) === 6 ? await solicited(view, address, device) : await arped(view, address, { device, first });
  const hosts: string[] = [];
  for (const mac of new Set(macs)) hosts.push(await hostOf(view, mac, network));
  return [...new Set(hosts)].sort();
}

async function arped(
  view: View,
  address: Ip,
  { device, first }: { device: string; first: boolean },
): Promise<string[]> {
  // -b: keep asking by broadcast, not only the first that answered; -w: a deadline in seconds; -f: end at the first answer: arping(8) of iputils.
  const many = first ? ["-f"] : ["-b", "-c", "3"];
  const { output } = await view.client("arping", ...many, "-w", "3", "-I", device, address);
  return [...output.matchAll(/^Unicast reply from \S+ \[([0-9A-F:]+)\]/gim)].map(([, mac = ""]) => mac);
}

async function solicited(view: View, address: Ip, device: string): Promise<string[]> {
  const { output } = await view.client("perl", "-e", solicitation, device, address, "2");
  return [...output.matchAll(/^[0-9a-f:]{17}$/gm)].map(([mac]) => mac);
}

/**
 * The name of the server with a hardware address, or the address itself in lower case. A server may have more of them than the lab gave it,
 * such as VRRP's virtual one with keepalived's `use_vmac`: the bridge knows which port each one is behind.
 */
export async function hostOf(view: View, mac: string, network: string): Promise<string> {
  const known = serverWithMac(view.lab, mac);
  if (known) return known;
  const address = mac.toLowerCase();
  const { output } = await view.segment("bridge", "fdb", "show", "br", view.live.bridges[network] ?? "");
  const ports = [...output.matchAll(/^([\da-f:]{17}) dev (\S+)/gm)].map(([, learned = "", port]) => ({
    learned,
    port,
  }));
  const port = ports.find(({ learned }) => learned === address)?.port;
  const beside = ports.filter((one) => port !== undefined && one.port === port);
  return beside.map(({ learned }) => serverWithMac(view.lab, learned)).find(Boolean) ?? address;
}
