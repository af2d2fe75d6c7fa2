import { type Cidr, familyOf, type Ip, prefixLengthOf, subnetOf } from "../../lab/index.ts";

/** Networks that many addresses are looked up in: a folder has thousands of either. */
export class Networks {
  readonly #networks: ReadonlySet<Cidr>;
  /** The prefix lengths of each family. */
  readonly #lengths: Readonly<Record<4 | 6, readonly number[]>>;

  constructor(networks: readonly Cidr[]) {
    this.#networks = new Set(networks);
    const lengths = (family: 4 | 6) => [
      ...new Set(networks.filter((one) => familyOf(one) === family).map(prefixLengthOf)),
    ];
    this.#lengths = { 4: lengths(4), 6: lengths(6) };
  }

  /** Whether an address is in one of them. */
  have(address: Ip): boolean {
    return this.#lengths[familyOf(address)].some((length) => this.#networks.has(subnetOf(address, length)));
  }
}
