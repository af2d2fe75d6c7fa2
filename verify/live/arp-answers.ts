import { type Ip, serverWithMac } from "../../lab/index.ts";
import type { View } from "../live/view.ts";

/**
 * Hosts that answer the client's ARP request for a VIP: names of servers, or the hardware address of an unknown host; each once, sorted.
 * All answers count, not only the quickest, which alone is in the client's cache: a real server that loses that race today wins it
 * tomorrow.
 */
export async function arpAnswers(view: View, vip: Ip): Promise<string[]> {
  // -b: keep asking by broadcast, not only the first that answered; -w: a deadline in seconds: arping(8) of iputils.
  const { output } = await view.client("arping", "-b", "-c", "3", "-w", "3", "-I", "eth0", vip);
  const macs = [...output.matchAll(/^Unicast reply from \S+ \[([0-9A-F:]+)\]/gim)].map(([, mac = ""]) => mac);
  return [...new Set(macs.map((mac) => hostOf(view, mac)))].sort();
}

/** The name of the server with a hardware address, or the address itself in lower case. */
export const hostOf = (view: View, mac: string): string => serverWithMac(view.lab, mac) ?? mac.toLowerCase();
