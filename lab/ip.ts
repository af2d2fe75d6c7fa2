import { isIPv4 } from "node:net";
import ipaddr from "ipaddr.js";

declare const ip: unique symbol;
declare const cidr: unique symbol;

/** An IP address in its canonical text: IPv4 in dotted decimal, IPv6 as RFC 5952 writes it. Equal addresses are equal texts. */
export type Ip = string & { readonly [ip]: true };

/** A subnet in CIDR notation, host bits zero, in its canonical text: `172.25.254.0/24`, `fd00:1::/64`. */
export type Cidr = string & { readonly [cidr]: true };

export type Family = 4 | 6;

/** Bits of an address, by family. */
const width = { 4: 32, 6: 128 } as const;

/**
 * The address of a text, or undefined. IPv4 takes four decimal numbers without leading zeros, which some parsers read as octal; IPv6 takes no
 * zone (`%eth0`) and no dotted end (`::ffff:192.0.2.1`), which parsers read differently.
 */
export function parseIp(text: string): Ip | undefined {
  if (isIPv4(text)) return text as Ip;
  if (text.includes(":") && !/[%.]/.test(text) && ipaddr.IPv6.isValid(text))
    return ipaddr.IPv6.parse(text).toRFC5952String() as Ip;
  return undefined;
}

/** The address of a text that is known to be one. @throws Error if it is none */
export function toIp(text: string): Ip {
  const address = parseIp(text);
  if (address === undefined) throw new Error(`${JSON.stringify(text)} is no IP address`);
  return address;
}

export const familyOf = (address: Ip | Cidr): Family => (address.includes(":") ? 6 : 4);

/** The address and prefix length of `ADDRESS/LENGTH`, whatever its host bits; or undefined. */
export function parseCidr(text: string): { readonly address: Ip; readonly prefixLength: number } | undefined {
  const [addressText = "", lengthText = "", ...rest] = text.split("/");
  const address = parseIp(addressText);
  if (address === undefined || rest.length > 0 || !/^(0|[1-9]\d{0,2})$/.test(lengthText)) return undefined;
  const prefixLength = Number(lengthText);
  return prefixLength <= width[familyOf(address)] ? { address, prefixLength } : undefined;
}

/** The subnet of `NETWORK/LENGTH` text, or undefined; also when bits beyond the prefix are set. */
export function parseSubnet(text: string): Cidr | undefined {
  const found = parseCidr(text);
  if (found === undefined) return undefined;
  const { address, prefixLength } = found;
  const hostPart = BigInt.asUintN(width[familyOf(address)] - prefixLength, toNumber(address));
  return hostPart === 0n ? (`${address}/${prefixLength}` as Cidr) : undefined;
}

/** The subnet that an address with a prefix length lies in: the address with its host bits cleared. */
export function subnetOf(address: Ip, prefixLength: number): Cidr {
  const hostBits = BigInt(width[familyOf(address)] - prefixLength);
  return `${fromNumber((toNumber(address) >> hostBits) << hostBits, familyOf(address))}/${prefixLength}` as Cidr;
}

/** The addresses of a family, in their order. */
export const ofFamily = (addresses: readonly Ip[], family: Family): Ip[] =>
  addresses.filter((address) => familyOf(address) === family);

/** Whether an IPv6 address is a link-local one, fe80::/10: RFC 4291, section 2.5.6. */
export const isLinkLocal = (address: Ip): boolean =>
  familyOf(address) === 6 && subnetOf(address, 10) === subnetOf(toIp("fe80::"), 10);

/** The link-local address that Linux gives an interface by its MAC address: RFC 4291, appendix A (modified EUI-64). */
export function linkLocalOf(mac: string): Ip {
  const [first = 0, ...rest] = mac.split(":").map((byte) => Number.parseInt(byte, 16));
  const bytes = [first ^ 2, ...rest.slice(0, 2), 0xff, 0xfe, ...rest.slice(2)];
  return fromNumber(
    bytes.reduce((number, byte) => number * 256n + BigInt(byte), 0xfe80n << 48n),
    6,
  );
}

/** In bits. */
export const prefixLengthOf = (subnet: Cidr): number => Number(subnet.split("/")[1]);

/** Whether the address lies in the subnet, its first and last address included. */
export function contains(subnet: Cidr, address: Ip): boolean {
  const family = familyOf(subnet);
  if (family !== familyOf(address)) return false;
  const hostBits = BigInt(width[family] - prefixLengthOf(subnet));
  return toNumber(address) >> hostBits === toNumber(firstAddress(subnet)) >> hostBits;
}

/** The subnet's first address: the network's own in IPv4, the routers' anycast address in IPv6 (RFC 4291, section 2.6.1). */
export const firstAddress = (subnet: Cidr): Ip => subnet.split("/")[0] as Ip;

/** The subnet's last address, in IPv4 its directed broadcast. */
export const lastAddress = (subnet: Cidr): Ip =>
  addressAt(subnet, 2n ** BigInt(width[familyOf(subnet)] - prefixLengthOf(subnet)) - 1n);

/** The first address that a host may have. */
export const firstHost = (subnet: Cidr): Ip => addressAt(subnet, 1n);

/** The last address that a host may have, or the one so many before it. */
export const lastHost = (subnet: Cidr, before = 0): Ip =>
  fromNumber(toNumber(lastAddress(subnet)) - 1n - BigInt(before), familyOf(subnet));

/** The address so far from the subnet's first one. */
export const addressAt = (subnet: Cidr, offset: bigint): Ip =>
  fromNumber(toNumber(firstAddress(subnet)) + offset, familyOf(subnet));

/** `ADDRESS:PORT`, in IPv6 `[ADDRESS]:PORT` (RFC 3986, section 3.2.2). */
export const hostPort = (address: Ip, port: number): string => `${inUrl(address)}:${port}`;

/** An address as a URL has it: IPv6 in brackets. */
export const inUrl = (address: Ip): string => (familyOf(address) === 6 ? `[${address}]` : address);

/** The 32-bit words of an address, the first ones first: one in IPv4, four in IPv6. */
export const wordsOf = (address: Ip): number[] => {
  if (familyOf(address) === 4) return [ipv4Number(address)];
  const number = toNumber(address);
  return [96n, 64n, 32n, 0n].map((bits) => Number(BigInt.asUintN(32, number >> bits)));
};

const ipv4Number = (address: Ip): number => address.split(".").reduce((number, byte) => number * 256 + Number(byte), 0);

function toNumber(address: Ip): bigint {
  if (familyOf(address) === 4) return BigInt(ipv4Number(address));
  const digits = ipaddr.IPv6.parse(address)
    .toByteArray()
    .map((byte) => byte.toString(16).padStart(2, "0"));
  return BigInt(`0x${digits.join("")}`);
}

function fromNumber(number: bigint, family: Family): Ip {
  const digits = BigInt.asUintN(width[family], number)
    .toString(16)
    .padStart(width[family] / 4, "0");
  if (family === 6) return ipaddr.IPv6.parse(digits.replace(/.{4}(?=.)/g, "$&:")).toRFC5952String() as Ip;
  return [0, 2, 4, 6].map((at) => Number.parseInt(digits.slice(at, at + 2), 16)).join(".") as Ip;
}

/** The IPv4 netmask of a prefix length: `255.255.255.0` of 24. */
export const netmaskOf = (prefixLength: number): string =>
  ipaddr.IPv4.subnetMaskFromPrefixLength(prefixLength).toString();

/** The prefix length of an IPv4 netmask; undefined where its ones are not all before its zeros. */
export const prefixLengthOfMask = (netmask: Ip): number | undefined =>
  ipaddr.IPv4.parse(netmask).prefixLengthFromSubnetMask() ?? undefined;
