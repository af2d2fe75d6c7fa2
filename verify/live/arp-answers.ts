import type { View } from "../live/view.ts";
import { serverWithMac } from "./server-with-mac.ts";

/**
 * Who answers when the client asks by ARP who has the VIP: the servers' names (the hardware address of a host that is none of the lab's),
 * each once, sorted. Everyone's answer counts, not only the quickest one's, which is the one that the client's cache shows: that is a
 * race, and a real server that loses it today wins it tomorrow.
 */
export async function arpAnswers(view: View): Promise<string[]> {
  const { vip } = view.lab.service;
  // -b: it would ask the first to answer alone from then on; -w: a deadline in seconds: arping(8) of iputils.
  const { output } = await view.client("arping", "-b", "-c", "3", "-w", "3", "-I", "eth0", vip);
  const macs = [...output.matchAll(/^Unicast reply from \S+ \[([0-9A-F:]+)\]/gim)].map(([, mac = ""]) => mac);
  return [...new Set(macs.map((mac) => hostOf(view, mac)))].sort();
}

/** The name of the server with a hardware address, or the address itself in lower case. */
export const hostOf = (view: View, mac: string): string => serverWithMac(view.lab, mac) ?? mac.toLowerCase();
