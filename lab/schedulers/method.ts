import type { Ip } from "../ip.ts";

/** A virtual service as a scheduler knows it. */
export interface SchedulingTable {
  /** Of `ipvsadm -b`: `sh-port`. */
  readonly flags: readonly string[];
  /** In the kernel's own order, which breaks ties: `ipvsadm -ln --nosort`. The last one added is the first. */
  readonly destinations: readonly SchedulingDestination[];
}

export interface SchedulingDestination {
  readonly address: Ip;
  readonly port: number;
  /** 0: no new connections. */
  readonly weight: number;
}

/** What a destination has to do. */
export interface Load {
  /** Connections that stand, as `ipvsadm -ln` counts them: from the client's SYN to the first FIN. */
  readonly active: number;
  /** Connections that have ended and are still remembered, for two minutes (FIN_WAIT): a range, because they are forgotten at any time. */
  readonly inactive: { readonly least: number; readonly most: number };
  /** Whether its connections have reached its upper threshold, `ipvsadm -x`: no new ones. */
  readonly overloaded: boolean;
}

/** A new connection to the service. */
export interface NewConnection {
  readonly client: Ip;
  readonly clientPort: number;
  readonly vip: Ip;
}

/** A decision of a scheduler. */
export interface Move<State> {
  /** The destination's place in the table; undefined: none, and the client is refused (ICMP port unreachable). */
  readonly to: number | undefined;
  /** What it remembers afterwards. */
  readonly state: State;
}

/**
 * A scheduler of IPVS: ipvsadm(8), scheduling-method; net/netfilter/ipvs/ip_vs_NAME.c of Linux 6.1. It is a model of the algorithm, by which a check
 * judges what a client sees. The model is exact; it allows several decisions only where not enough is known.
 */
export interface SchedulingMethod<State = unknown> {
  /** In words, for people. */
  readonly title: string;
  /** Where connections go, for people: continues "each connection". */
  readonly rule: string;
  /** The flags that it takes. */
  readonly flags: readonly string[];
  /** What decides, beside the weights: whose turn it is, the loads, the VIP, the client, or nothing. */
  readonly decidedBy: "turns" | "loads" | "vip" | "client" | "weights";
  /**
   * What it makes of weights above 0; every scheduler passes over a weight of 0. `nothing`; `ratio`: shares, or loads divided by the weight; `order`: it
   * takes the highest; `value`: it leaves a destination at so many connections.
   */
  readonly heeds: "nothing" | "ratio" | "order" | "value";
  /** Whether the connections of one client go to the real servers of these weights, all above 0, strictly in turn, whatever else happens. */
  inTurn(weights: readonly number[]): boolean;
  /** Whether one client, which closes each connection before it opens the next, is served by all real servers of these weights equally. */
  even(weights: readonly number[]): boolean;
  /** Everything that it may remember when no more is known than the table. */
  states(table: SchedulingTable): State[];
  /** Where it may send a connection: one decision, unless ranges of loads allow several. `loads` are in the order of the table. */
  next(table: SchedulingTable, loads: readonly Load[], connection: NewConnection, state: State): Move<State>[];
}

/** The destinations that take new connections, by their places in the table. */
export const available = ({ destinations }: SchedulingTable, loads: readonly Load[]): number[] =>
  destinations.flatMap(({ weight }, place) => (weight > 0 && !loads[place]?.overloaded ? [place] : []));

/** Decisions without memory: one for each destination, or the refusal where there is none. */
export const forgetful = (places: readonly number[]): Move<null>[] =>
  places.length === 0 ? [{ to: undefined, state: null }] : places.map((to) => ({ to, state: null }));
