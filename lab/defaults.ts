import { addressAt, type Cidr, familyOf, firstHost, type Ip, lastHost } from "./ip.ts";

/** keepalived's name of a VRRP instance that the file gives none, by its place. */
export const defaultInstanceName = (index: number): string => `VI_${index + 1}`;

/** The lab host's address in a subnet: libvirt gives a network's bridge the first one. */
export const hostAddressOf = (subnet: Cidr): Ip => firstHost(subnet);

/**
 * The client's address in a subnet where the file names none: out of the way of servers, which count from the start. In IPv6, whose subnets have no
 * end that anybody would type, it is ::250.
 */
export const defaultClient = (subnet: Cidr): Ip =>
  familyOf(subnet) === 6 ? addressAt(subnet, 0x250n) : lastHost(subnet, 4);

/** The version of VRRP of an instance that the file gives none: over IPv6 there is version 3 alone (RFC 9568, section 1). */
export const defaultVersion = (address: Ip): 2 | 3 => (familyOf(address) === 6 ? 3 : 2);

/**
 * The MAC address of an interface that the file gives none: QEMU's prefix, a byte for the network, which counts down from FE, and the address's
 * last two. Upper case, or libvirt's provider sees a change on every `up`.
 * @param network its index in the lab
 */
export function macOf(address: Ip, network: number): string {
  const hex = (octet: number) => octet.toString(16).padStart(2, "0");
  const [third = 0, fourth = 0] = address.split(".").slice(2).map(Number);
  return `52:54:00:${hex(0xfe - network)}:${hex(third)}:${hex(fourth)}`.toUpperCase();
}
