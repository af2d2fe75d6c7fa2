import { addressAt, type Cidr, familyOf, type Ip, isLinkLocal, lastAddress, prefixLengthOf } from "../../lab/index.ts";
import { last } from "../conf/tree.ts";
import type { Director } from "../directors/director.ts";
import { addressOf, heldBy } from "../directors/instance.ts";
import { virtualRoutersOf } from "../directors/virtual-router.ts";
import { servedAddresses } from "../directors/virtual-server.ts";
import { bfdSourcesOf } from "./bfd.ts";
import { deviceOf, staticAddressesOf } from "./segments.ts";

/** The addresses that move: those of a director's instances, and those that its virtual servers serve. */
export const virtualAddressesOf = ({ instances, virtualServers }: Director): Ip[] => [
  ...instances.flatMap(heldBy).map(({ address }) => address),
  ...virtualServers.flatMap(servedAddresses),
];

/** A director's own addresses on an interface, as far as the configurations tell: its unicast source, or the one that only its peers list. */
export function ownAddresses(director: Director, device: string, directors: readonly Director[]): Ip[] {
  const routers = virtualRoutersOf(directors).filter(({ members }) =>
    members.some((member) => member.director === director && deviceOf(director, member.instance) === device),
  );
  const found = routers.flatMap(({ members }) => {
    const mine = members.find((member) => member.director === director)?.instance;
    const source = addressOf(last(mine?.block, "unicast_src_ip", "mcast_src_ip")?.words[0] ?? "");
    if (source !== undefined) return [source];
    const lists = members
      .filter((member) => member.director !== director)
      .map(({ instance }) => instance.unicast?.peers ?? []);
    const [first = [], ...others] = lists;
    const own = first.filter(
      (address) => others.every((list) => list.includes(address)) && !mine?.unicast?.peers.includes(address),
    );
    return own.length === 1 ? own : [];
  });
  return [...new Set(found)].filter((address) => !isLinkLocal(address));
}

/** Every address that is some director's own, as far as the configurations tell. */
export const allOwnAddresses = (directors: readonly Director[]): Ip[] =>
  directors.flatMap((director) =>
    [...new Set(director.instances.map((instance) => deviceOf(director, instance)))]
      .flatMap((device) => ownAddresses(director, device, directors))
      .concat(
        staticAddressesOf(director).map(({ address }) => address),
        bfdSourcesOf(director),
      ),
  );

/** The addresses that instances send to. */
export const peersOf = (directors: readonly Director[]): Ip[] =>
  directors.flatMap(({ instances }) => instances.flatMap(({ unicast }) => unicast?.peers ?? []));

/** Addresses that are still to be had. */
export class FreeAddresses {
  readonly #taken: Set<Ip>;

  constructor(taken: Iterable<Ip>) {
    this.#taken = new Set(taken);
  }

  /** Takes the first one of a subnet from a place on, and goes on from its start; undefined if it has none. */
  take(subnet: Cidr, from = 11n): Ip | undefined {
    const size = 2n ** BigInt((familyOf(subnet) === 4 ? 32 : 128) - prefixLengthOf(subnet));
    for (let offset = 0n; offset < size && offset < 65_536n; offset++) {
      const address = addressAt(subnet, (from + offset) % size);
      if (this.#taken.has(address) || address === addressAt(subnet, 0n) || address === lastAddress(subnet)) continue;
      this.#taken.add(address);
      return address;
    }
    return undefined;
  }
}
