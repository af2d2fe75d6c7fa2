import type { NeighbourCure } from "./method.ts";

/**
 * IPv6 VIPs on the loopback. Linux answers a neighbour solicitation for an address of the interface that it came in by alone (ndisc_recv_ns in
 * net/ipv6/ndisc.c), and names an address of another one as the source of none (ndisc_solicit): there is nothing to set.
 */
export const loopback: NeighbourCure = {
  reason:
    "An IPv6 VIP is on lo, and that is all: Linux answers neighbour solicitations for the addresses of the interface that was asked alone.",
  vipDevice: () => "lo",
  filters: false,
};
