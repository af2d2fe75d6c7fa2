import { contains, familyOf, type Ip } from "../../lab/index.ts";
import { last } from "../conf/tree.ts";
import type { Director } from "../directors/director.ts";
import { addressOf, numberOf } from "../directors/instance.ts";
import type { Tracked } from "../directors/tracked.ts";
import type { Plan, StandIn } from "./plan.ts";

/** A stand-in's end of a director's BFD session. Intervals are in milliseconds. */
export interface BfdEnd {
  readonly name: string;
  readonly source: Ip;
  readonly neighbor: Ip;
  readonly minTx: number;
  readonly minRx: number;
  readonly multiplier: number;
}

/** BFD_MINRX_DEFAULT and its like in keepalived's bfd.h; bfd_parser.c. */
const usual = { interval: 10, multiplier: 5 };

const addressIn = ({ block }: Tracked, ...keywords: string[]): Ip | undefined =>
  addressOf(last(block, ...keywords)?.words[0] ?? "");

const sessionsOf = ({ tracked }: Director): Tracked[] => tracked.filter(({ kind }) => kind === "bfd");

/** The neighbours of a director's BFD sessions. */
export const bfdNeighborsOf = (director: Director): Ip[] =>
  sessionsOf(director).flatMap((one) => addressIn(one, "neighbor_ip", "neighbour_ip") ?? []);

/** The addresses that a director's BFD sessions come from, as far as its configuration says. */
export const bfdSourcesOf = (director: Director): Ip[] =>
  sessionsOf(director).flatMap((one) => addressIn(one, "source_ip") ?? []);

/** A stand-in's ends of the directors' BFD sessions with it. `missing`: those that it cannot take part in, a sentence each. */
export function bfdEndsOf(
  plan: Plan,
  directors: readonly Director[],
  { name, network, addresses }: StandIn,
): { ends: BfdEnd[]; missing: string[] } {
  const missing: string[] = [];
  // keepalived has one session with a neighbour: of configurations that replace others the first counts.
  const ends = new Map<string, BfdEnd>();
  for (const director of directors)
    for (const session of sessionsOf(director)) {
      const source = addressIn(session, "neighbor_ip", "neighbour_ip");
      if (source === undefined || !addresses.includes(source)) continue;
      const neighbor = addressIn(session, "source_ip") ?? ownAddress(plan, director, network, source);
      if (neighbor === undefined || last(session.block, "multihop")) {
        missing.push(
          `bfd_instance ${session.name} of ${director.name} finds no neighbour in ${name}: ${neighbor === undefined ? `the director has no address on ${network}` : "a stand-in does not speak multihop"}`,
        );
        continue;
      }
      const key = `${source} ${neighbor}`;
      if (ends.has(key)) continue;
      const interval = (keyword: string) => numberOf(last(session.block, keyword)) ?? usual.interval;
      ends.set(key, {
        // keepalived takes names of up to 31 characters.
        ...{ name: `session${ends.size + 1}`, source, neighbor },
        // What one end sends the other one takes.
        ...{ minTx: interval("min_rx"), minRx: interval("min_tx") },
        multiplier: numberOf(last(session.block, "multiplier")) ?? usual.multiplier,
      });
    }
  return { ends: [...ends.values()], missing };
}

/** A director's first address beside another host's: on its network, of its subnet. */
function ownAddress({ networks, directors }: Plan, { name }: Director, network: string, other: Ip): Ip | undefined {
  const subnet = networks.find((one) => one.name === network)?.subnets.find((one) => contains(one, other));
  return directors
    .find((one) => one.name === name)
    ?.interfaces.filter((one) => one.network === network)
    .flatMap(({ addresses }) => addresses)
    .find((address) => familyOf(address) === familyOf(other) && subnet !== undefined && contains(subnet, address));
}
