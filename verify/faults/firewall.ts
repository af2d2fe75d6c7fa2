import { command } from "../../provision/ssh/index.ts";
import type { FaultSite } from "./fault.ts";
import { must } from "./unit.ts";

/**
 * Packet filters of faults, each an nftables table of its own on the server (nft(8)), so that healing is to take the table away
 * and nothing of the server's own is touched.
 */
export const firewall = {
  /** Puts chains with rules into the fault's table, which is made anew. */
  async set({ view, server }: FaultSite, table: string, chains: string): Promise<void> {
    const ruleset = `table inet ${table}\ndelete table inet ${table}\ntable inet ${table} {\n${chains}\n}\n`;
    await must(view.on(server)`printf %s ${ruleset} | nft --file -`);
  },

  async clear({ view, server }: FaultSite, table: string): Promise<void> {
    await must(view.on(server)`! nft list table inet ${table} >/dev/null 2>&1 || nft delete table inet ${table}`);
  },

  async isSet({ view, server }: FaultSite, table: string): Promise<boolean> {
    return (await view.on(server)`nft list table inet ${table}`).status === 0;
  },
};

/** How a person takes a fault's table away. */
export const clearByHand = (table: string): string => command`nft delete table inet ${table}`;
