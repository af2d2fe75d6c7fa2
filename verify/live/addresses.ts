/** An IPv4 address that a server has. */
interface OwnAddress {
  readonly device: string;
  readonly address: string;
  /** In bits. */
  readonly prefixLength: number;
}

/** The addresses of a server, from what `ip -oneline -4 address show` printed there. */
export const ownAddresses = (output: string): OwnAddress[] =>
  [...output.matchAll(/^\d+: (\S+) +inet (\S+?)\/(\d+)/gm)].map(([, device = "", address = "", length]) => ({
    device,
    address,
    prefixLength: Number(length),
  }));

/** `172.25.254.100/32 on eth0`, and the others, for a person. */
export const inWords = (addresses: readonly OwnAddress[]): string =>
  addresses.map(({ device, address, prefixLength }) => `${address}/${prefixLength} on ${device}`).join(", ") ||
  "no address";
