import { addressAt, type Cidr, familyOf, type Ip, type Lab, prefixLengthOf, subnetFor } from "../../lab/index.ts";
import { drawAllowed, type LabData, type Part, VaryError } from "./part.ts";

/** How many addresses of a subnet are looked at: all of a /16, and of a /64 the first ones, which people can type. */
const MOST = 65_535;

/** The VIPs of the services: other addresses of the same subnet that nothing in the exercise has. */
export const vip: Part = {
  title: "the VIP of each service, wherever the lab file names it",
  apply(data, lab, draws) {
    const taken = new Set<Ip>(addressesOf(lab));
    const replaced = new Map<string, Ip>();
    for (const old of new Set(lab.services.map((service) => service.vip))) {
      const subnet = subnetFor(lab, old);
      const offset = drawAllowed(
        draws,
        old,
        { from: 2, to: lastOffset(subnet) },
        (value) => !taken.has(addressAt(subnet, BigInt(value))),
      );
      if (offset === undefined)
        throw new VaryError(
          `all addresses of ${subnet} are taken. Fix: give the exercise a larger subnet, or leave vip out`,
        );
      const address = addressAt(subnet, BigInt(offset));
      taken.add(address);
      replaced.set(old, address);
    }
    replaceIn(data, replaced);
  },
};

/** The last address that a host may have, from the subnet's first one. */
const lastOffset = (subnet: Cidr): number =>
  familyOf(subnet) === 6 ? MOST : Math.min(MOST, 2 ** (32 - prefixLengthOf(subnet)) - 2);

/** Every address that the exercise has, its own VIPs among them: nobody's lab is the exercise itself. */
const addressesOf = (lab: Lab): Ip[] => [
  ...lab.networks.flatMap(({ hostAddresses, defaultRoute }) => [
    ...hostAddresses,
    ...(defaultRoute ? [defaultRoute] : []),
  ]),
  ...[lab.client, ...lab.servers].flatMap(({ interfaces }) => interfaces.flatMap(({ addresses }) => addresses)),
  ...lab.virtualAddresses.map(({ address }) => address),
];

/** Replaces addresses in every text of the data: also in commands, where they stand between other words. */
function replaceIn(data: LabData, replaced: ReadonlyMap<string, Ip>): void {
  const words = /(?<![\w.:])(?:\d+(?:\.\d+){3}(?!\w|\.\d)|[0-9a-f]*:[0-9a-f:]*(?![\w:]|\.\d))/gi;
  const change = (value: unknown): unknown => {
    if (typeof value === "string") return value.replace(words, (word) => replaced.get(word) ?? word);
    if (Array.isArray(value)) for (const [index, item] of value.entries()) value[index] = change(item);
    else if (typeof value === "object" && value !== null)
      for (const [key, item] of Object.entries(value)) (value as Record<string, unknown>)[key] = change(item);
    return value;
  };
  change(data);
}
