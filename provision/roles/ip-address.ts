import { isLinkLocal, toIp } from "../../lab/index.ts";

/** An address of an interface. */
export interface InterfaceAddress {
  readonly device: string;
  readonly address: string;
  /** In bits. */
  readonly prefixLength: number;
}

/** Parses the output of `ip -oneline address show`, without the IPv6 addresses that interfaces have by themselves: link-local ones and ::1. */
export const parseIpAddresses = (output: string): InterfaceAddress[] =>
  [...output.matchAll(/^\d+: (\S+) +inet6? (\S+?)\/(\d+)/gm)]
    .map(([, device = "", address = "", length]) => ({ device, address, prefixLength: Number(length) }))
    .filter(({ address }) => address !== "::1" && !(isIpv6(address) && isLinkLocal(toIp(address))));

/**
 * Those of the wanted addresses that interfaces have, by interface, with prefix length.
 * @param output of `ip -oneline address show`
 */
export function presentOf(
  wanted: Readonly<Record<string, readonly string[]>>,
  output: string,
): Record<string, string[]> {
  const present = new Set(
    parseIpAddresses(output).map(({ device, address, prefixLength }) => `${device} ${address}/${prefixLength}`),
  );
  return Object.fromEntries(
    Object.entries(wanted).map(([device, all]) => [device, all.filter((one) => present.has(`${device} ${one}`))]),
  );
}

/** `172.25.254.100/32 on eth0`, comma-separated; `no address` for none. */
export const addressesInWords = (addresses: readonly InterfaceAddress[]): string =>
  addresses.map(({ device, address, prefixLength }) => `${address}/${prefixLength} on ${device}`).join(", ") ||
  "no address";

/** @param address with or without prefix length */
export const isIpv6 = (address: string): boolean => address.includes(":");

/** A VIP with the prefix length that keeps it from bringing a route with it. */
export const asHost = (vip: string): string => `${vip}/${isIpv6(vip) ? 128 : 32}`;

/**
 * A host's own address as `ip address replace` takes it. Without `nodad` an IPv6 address is of no use for a second: duplicate address detection (RFC
 * 4862, section 5.4).
 * @param address with prefix length
 */
export const placeOwn = (address: string, device: string): string =>
  `${address} dev ${device}${isIpv6(address) ? " nodad" : ""}`;

/**
 * A VIP as `ip address replace` takes it. An IPv6 one is deprecated from the start (RFC 4862, section 5.5.4), so that the server chooses it as the source
 * of nothing but answers: among addresses of one prefix Linux else takes the last one. keepalived adds it in the same way.
 * @param address with prefix length
 */
export const placeVip = (address: string, device: string): string =>
  `${placeOwn(address, device)}${isIpv6(address) ? " preferred_lft 0" : ""}`;
