import {
  type Cidr,
  contains,
  familyOf,
  firstAddress,
  type Ip,
  isLinkLocal,
  prefixLengthOf,
  subnetOf,
} from "../../lab/index.ts";
import type { Director } from "../directors/director.ts";
import { heldBy } from "../directors/instance.ts";
import { ownAddresses } from "./addresses.ts";
import type { Assumptions } from "./assumptions.ts";
import type { PlannedNetwork } from "./plan.ts";
import { deviceOf, type Port } from "./segments.ts";

/** Prefix lengths of networks whose configurations name none. */
const usual = { 4: 24, 6: 64 } as const;

/** The longest prefix with room for directors' own addresses, the client's and others. */
const roomy = 28;

/** Subnets for networks of which no address is known: RFC 2544's, for benchmarks; 198.18 is for management. */
const unknownSubnet = (index: number): Cidr => `198.19.${index}.0/24` as Cidr;

/** The networks of segments, in their order: with the subnets that configurations write, those that are likely, and IPv4 in each. */
export function networksOf(
  segments: readonly (readonly Port[])[],
  directors: readonly Director[],
  assumed: Assumptions,
): PlannedNetwork[] {
  const written = segments.map((members) => withoutInner(members.flatMap(({ subnets }) => subnets)));
  const elsewhere = written.flat();
  return segments.map((members, index): PlannedNetwork => {
    const name = `net${index + 1}`;
    const own = written[index] ?? [];
    for (const inner of members.flatMap(({ subnets }) => subnets).filter((subnet) => !own.includes(subnet)))
      assumed.add(
        name,
        `${inner} lies in ${own.find((one) => contains(one, firstAddress(inner)))}: they are one network`,
      );
    const likely = withoutInner(
      members
        .flatMap((port) => likelySubnets(port, directors, { own, elsewhere }))
        .map((one) => narrowed(one, elsewhere)),
    ).filter((subnet) => !elsewhere.includes(subnet));
    elsewhere.push(...likely);
    for (const subnet of likely)
      assumed.add(name, `${subnet}: no address there has a prefix length, /${prefixLengthOf(subnet)} is assumed`);
    const subnets = withoutInner([...own, ...likely]);
    const ipv4 = subnets.filter((subnet) => familyOf(subnet) === 4);
    if (ipv4.some((subnet) => prefixLengthOf(subnet) <= roomy)) return { name, subnets };
    assumed.add(
      name,
      `${unknownSubnet(index)}: ${ipv4.length === 0 ? "no IPv4 address is known there" : `${ipv4.join(", ")} has no room for the hosts' own addresses`}`,
    );
    // The client's first address is one of the first subnet.
    return { name, subnets: [...ipv4, unknownSubnet(index), ...subnets.filter((subnet) => !ipv4.includes(subnet))] };
  });
}

const isIn = (address: Ip, subnets: readonly Cidr[]): boolean => subnets.some((subnet) => contains(subnet, address));

/** The network that an address is in. */
export const networkWith = (networks: readonly PlannedNetwork[], address: Ip): PlannedNetwork | undefined =>
  networks.find(({ subnets }) => isIn(address, subnets));

interface Known {
  /** Subnets written for the network. */
  readonly own: readonly Cidr[];
  /** Those of all networks. */
  readonly elsewhere: readonly Cidr[];
}

interface Likely {
  readonly address: Ip;
  readonly subnet: Cidr;
}

/** The likely subnets of addresses on an interface that have no prefix length, and that no known subnet contains. */
function likelySubnets(
  { director, device }: Port,
  directors: readonly Director[],
  { own, elsewhere }: Known,
): Likely[] {
  const virtual = director.instances
    .flatMap((instance) => heldBy(instance).filter((one) => (one.device ?? deviceOf(director, instance)) === device))
    .map(({ address }) => address)
    // A virtual address may be routed to a network that it does not lie in.
    .filter((address) => !isLinkLocal(address) && !isIn(address, elsewhere));
  const others = ownAddresses(director, device, directors).filter((address) => !isIn(address, own));
  return [...virtual, ...others].map((address) => ({ address, subnet: subnetOf(address, usual[familyOf(address)]) }));
}

/** The likely subnet of an address that no known subnet contains. */
export const likelySubnet = (address: Ip, known: readonly Cidr[]): Cidr =>
  narrowed({ address, subnet: subnetOf(address, usual[familyOf(address)]) }, known);

/** A likely subnet, without room for those that are known: beside 192.0.2.0/25 an address has /25, too. */
function narrowed({ address, subnet }: Likely, known: readonly Cidr[]): Cidr {
  const inside = known.filter((one) => contains(subnet, firstAddress(one))).map(prefixLengthOf);
  return subnetOf(address, Math.max(prefixLengthOf(subnet), ...inside));
}

/** The subnets without those that lie in another one, IPv4 first. */
const withoutInner = (subnets: readonly Cidr[]): Cidr[] =>
  [...new Set(subnets)]
    .filter(
      (one) =>
        !subnets.some((other) => prefixLengthOf(other) < prefixLengthOf(one) && contains(other, firstAddress(one))),
    )
    .toSorted((one, other) => familyOf(one) - familyOf(other));
