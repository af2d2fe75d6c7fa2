import { ETHERNET_HEADER, etherType, IPV6_HEADER, protocol, withoutEthernet } from "./parse.ts";

/** Bytes of VRRPv2's authentication data: RFC 2338, section 5.3.10. */
const DATA = 8;
/** Bytes before an authentication header's integrity check value: RFC 4302, section 2. */
const AH_HEADER = 12;

/** Where VRRP's authentication is in a frame. Buffers share the frame's memory. */
export type Authentication =
  /** `data`: the eight bytes of a password; `message`: the VRRP message from its first byte. */
  | { readonly kind: "password"; readonly data: Buffer; readonly message: Buffer }
  /** The keyed digest of an authentication header (RFC 4302): from it, a password can be guessed. */
  | { readonly kind: "digest"; readonly data: Buffer }
  | { readonly kind: "none" }
  /** It is VRRP or may be a part of it, and the place of a password cannot be told. */
  | { readonly kind: "unclear"; readonly why: string };

/** The authentication that a frame shows. */
export function authenticationIn(frame: Buffer): Authentication {
  if (frame.length < ETHERNET_HEADER) return { kind: "none" };
  const { type, payload } = withoutEthernet(frame);
  if (type === etherType.ipv4) return inIpv4(payload);
  if (type === etherType.ipv6) return inIpv6(payload);
  // A second tag: 802.1ad.
  return type === etherType.vlan || type === 0x88a8 ? unclear("it has two VLAN tags") : { kind: "none" };
}

const unclear = (why: string): Authentication => ({ kind: "unclear", why });

function inIpv4(packet: Buffer): Authentication {
  if (packet.length < 20) return unclear("its IP header is cut off");
  const next = packet.readUInt8(9);
  if (next !== protocol.vrrp && next !== protocol.ah) return { kind: "none" };
  // More fragments follow, or it is not the first one.
  if ((packet.readUInt16BE(6) & 0x3fff) !== 0) return unclear("it is a fragment");
  const header = (packet.readUInt8(0) & 0x0f) * 4;
  const length = packet.readUInt16BE(2);
  if (packet.readUInt8(0) >> 4 !== 4 || header < 20 || length < header) return unclear("its IP header is broken");
  const payload = packet.subarray(header, length);
  return next === protocol.ah ? inAh(payload) : inVrrp(payload, length - header);
}

/** VRRP over IPv6 is version 3, which has no authentication. */
function inIpv6(packet: Buffer): Authentication {
  if (packet.length < IPV6_HEADER) return unclear("its IP header is cut off");
  const next = packet.readUInt8(6);
  if (next === protocol.ah) return inAh(packet.subarray(IPV6_HEADER));
  if (next !== protocol.vrrp) return { kind: "none" };
  return versionOf(packet.subarray(IPV6_HEADER)) === 3 ? { kind: "none" } : unclear("it is not VRRP version 3");
}

function inAh(payload: Buffer): Authentication {
  if (payload.length < AH_HEADER) return unclear("its authentication header is cut off");
  // In words of four bytes, less two.
  const length = (payload.readUInt8(1) + 2) * 4;
  return { kind: "digest", data: payload.subarray(AH_HEADER, length) };
}

const versionOf = (message: Buffer): number | undefined =>
  message.length === 0 ? undefined : message.readUInt8(0) >> 4;

/** @param length the message's length on the wire */
function inVrrp(message: Buffer, length: number): Authentication {
  const version = versionOf(message);
  if (version === 3) return { kind: "none" };
  if (version !== 2) return unclear("it is neither VRRP version 2 nor 3");
  if (message.length < 8) return unclear("its VRRP header is cut off");
  const at = 8 + 4 * message.readUInt8(3);
  if (length === at) return { kind: "none" };
  if (length !== at + DATA) return unclear("its length is not that of its addresses and a password");
  if (message.length < length) return unclear("its password is cut off");
  return { kind: "password", data: message.subarray(at, at + DATA), message };
}

/**
 * Writes another password into an advertisement and corrects its checksum, which covers the password: RFC 2338, section 5.3.8;
 * vrrp_build_vrrp_v2() in keepalived's vrrp.c. A checksum that was wrong stays wrong.
 */
export function writePassword(
  { data, message }: Extract<Authentication, { kind: "password" }>,
  password: string,
): void {
  const before = sumOf(data);
  data.fill(0);
  data.write(password, "latin1");
  // RFC 1624, equation 3: HC' = ~(~HC + ~m + m').
  const sum = (~message.readUInt16BE(6) & 0xffff) + (~before & 0xffff) + sumOf(data);
  message.writeUInt16BE(~folded(sum) & 0xffff, 6);
}

/** The one's complement sum of 16-bit words: RFC 1071. */
function sumOf(bytes: Buffer): number {
  let sum = 0;
  for (let at = 0; at + 1 < bytes.length; at += 2) sum += bytes.readUInt16BE(at);
  return folded(sum);
}

function folded(sum: number): number {
  let rest = sum;
  while (rest > 0xffff) rest = (rest & 0xffff) + (rest >>> 16);
  return rest;
}
