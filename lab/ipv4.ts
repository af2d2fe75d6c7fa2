/**
 * IPv4 arithmetic. An address is a number from 0 to 2^32 - 1, so that addresses compare and count as numbers do;
 * plain arithmetic is used where JavaScript's bit operators would make them negative.
 */

/** A subnet in CIDR notation: its first address (the network's own) and its prefix length in bits. */
export interface Subnet {
  readonly network: number;
  readonly prefixLength: number;
}

const octet = /^(0|[1-9]\d{0,2})$/;

/** The address of dotted-decimal text, or undefined. Leading zeros are refused: some parsers take them for octal. */
export function parseAddress(text: string): number | undefined {
  const octets = text.split(".");
  if (octets.length !== 4 || !octets.every((part) => octet.test(part) && Number(part) <= 255)) {
    return undefined;
  }
  return octets.reduce((address, part) => address * 256 + Number(part), 0);
}

/** Dotted-decimal text of an address. */
export function formatAddress(address: number): string {
  return [24, 16, 8, 0].map((shift) => (address >>> shift) & 255).join(".");
}

/** The address and prefix length of `ADDRESS/LENGTH`, host bits and all, or undefined. */
export function parseCidr(text: string): { address: number; prefixLength: number } | undefined {
  const [addressText = "", lengthText = "", ...rest] = text.split("/");
  const address = parseAddress(addressText);
  if (address === undefined || !/^([0-9]|[12]\d|3[0-2])$/.test(lengthText) || rest.length > 0) {
    return undefined;
  }
  return { address, prefixLength: Number(lengthText) };
}

/** The subnet that an address with a prefix length lies in: the address with its host bits cleared. */
export function subnetOf(address: number, prefixLength: number): Subnet {
  return { network: address - (address % size(prefixLength)), prefixLength };
}

/** The subnet of `NETWORK/LENGTH` text, or undefined; also when bits beyond the prefix are set. */
export function parseSubnet(text: string): Subnet | undefined {
  const cidr = parseCidr(text);
  const subnet = cidr && subnetOf(cidr.address, cidr.prefixLength);
  return subnet?.network === cidr?.address ? subnet : undefined;
}

/** `NETWORK/LENGTH` text of a subnet. */
export function formatSubnet(subnet: Subnet): string {
  return `${formatAddress(subnet.network)}/${subnet.prefixLength}`;
}

/** Whether the address lies in the subnet, the network and broadcast addresses included. */
export function contains(subnet: Subnet, address: number): boolean {
  return address >= subnet.network && address <= broadcast(subnet);
}

/** The subnet's last address, its directed broadcast. */
export function broadcast(subnet: Subnet): number {
  return subnet.network + size(subnet.prefixLength) - 1;
}

/** The first address that a host may have. */
export function firstHost(subnet: Subnet): number {
  return subnet.network + 1;
}

/** The last address that a host may have. */
export function lastHost(subnet: Subnet): number {
  return broadcast(subnet) - 1;
}

const size = (prefixLength: number): number => 2 ** (32 - prefixLength);
