/** An IPv4 address of an interface. */
export interface InterfaceAddress {
  readonly device: string;
  readonly address: string;
  /** In bits. */
  readonly prefixLength: number;
}

/** Parses the output of `ip -oneline -4 address show`. */
export const parseIpAddresses = (output: string): InterfaceAddress[] =>
  [...output.matchAll(/^\d+: (\S+) +inet (\S+?)\/(\d+)/gm)].map(([, device = "", address = "", length]) => ({
    device,
    address,
    prefixLength: Number(length),
  }));

/** `172.25.254.100/32 on eth0`, comma-separated; `no address` for none. */
export const addressesInWords = (addresses: readonly InterfaceAddress[]): string =>
  addresses.map(({ device, address, prefixLength }) => `${address}/${prefixLength} on ${device}`).join(", ") ||
  "no address";
