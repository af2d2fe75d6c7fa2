import { command } from "../../provision/ssh/index.ts";
import type { FaultSite } from "./fault.ts";
import { must } from "./unit.ts";

/**
 * Packet filters of faults: each an nftables table of its own on the server (nft(8)), so that healing deletes the table and touches
 * nothing else.
 */
export const firewall = {
  /** Replaces the fault's table by one with these chains. */
  async set({ view, server }: FaultSite, table: string, chains: string): Promise<void> {
    await must(view.on(server)`printf %s ${ruleset(table, chains)} | nft --file -`);
  },

  async clear({ view, server }: FaultSite, table: string): Promise<void> {
    await must(view.on(server)`! nft list table inet ${table} >/dev/null 2>&1 || nft delete table inet ${table}`);
  },

  async isSet({ view, server }: FaultSite, table: string): Promise<boolean> {
    return (await view.on(server)`nft list table inet ${table}`).status === 0;
  },
};

/** Input of `nft --file` that replaces a fault's table by one with these chains. */
export const ruleset = (table: string, chains: string): string =>
  `table inet ${table}\ndelete table inet ${table}\ntable inet ${table} {\n${chains}\n}\n`;

/** The command that deletes a fault's table. */
export const clearByHand = (table: string): string => command`nft delete table inet ${table}`;
