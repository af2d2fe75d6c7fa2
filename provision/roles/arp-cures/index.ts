import type { ArpCure } from "../../../lab/index.ts";
import { arptables } from "./arptables.ts";
import type { ArpCureMethod } from "./method.ts";
import { nftables } from "./nftables.ts";
import { none } from "./none.ts";
import { sysctl } from "./sysctl.ts";

/** Every cure of the ARP problem, by the name that a lab file takes. A new one is its file and a row here. */
export const arpCures: Readonly<Record<ArpCure, ArpCureMethod>> = { arptables, nftables, sysctl, none };
