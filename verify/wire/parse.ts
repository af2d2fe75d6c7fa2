import { toIp } from "../../lab/index.ts";

/** The parsed part of a frame; `mac` is its source on the wire. Addresses in the usual text forms, MACs in lower case. */
export type Packet = VrrpPacket | ArpPacket | NeighbourPacket | TcpPacket | OtherPacket;

/** A VRRP advertisement: version 2 (RFC 3768, section 5.1) or 3 (RFC 9568, section 5.1). */
export interface VrrpPacket {
  readonly kind: "vrrp";
  readonly mac: string;
  readonly source: string;
  /** 224.0.0.18 or ff02::12, or the address of one router where advertisements are unicast. */
  readonly destination: string;
  /** The IPv4 header's identification. keepalived counts its advertisements in it, from 1 when it starts. IPv6 has none. */
  readonly ipId?: number;
  readonly version: 2 | 3;
  readonly virtualRouterId: number;
  readonly priority: number;
  readonly intervalMs: number;
  readonly addresses: readonly string[];
  /** Version 2's simple text password (RFC 2338, section 5.3.6), without the zeros that fill it up. */
  readonly password?: string;
}

/** ARP for IPv4 over Ethernet: RFC 826. */
export interface ArpPacket {
  readonly kind: "arp";
  readonly mac: string;
  readonly operation: "request" | "reply";
  readonly sender: { readonly mac: string; readonly address: string };
  readonly target: { readonly mac: string; readonly address: string };
}

/** A neighbour solicitation or advertisement of IPv6: RFC 4861, sections 4.3 and 4.4. */
export interface NeighbourPacket {
  readonly kind: "neighbour";
  readonly mac: string;
  readonly operation: "solicitation" | "advertisement";
  readonly source: string;
  readonly target: string;
  /** The hardware address that it tells of its source, or of its target; absent: it tells none. */
  readonly linkAddress?: string;
  /** Whether it answers a solicitation. */
  readonly solicited: boolean;
}

/** TCP: RFC 9293, section 3.1. */
export interface TcpPacket {
  readonly kind: "tcp";
  readonly mac: string;
  readonly source: string;
  readonly sourcePort: number;
  readonly destination: string;
  readonly destinationPort: number;
  readonly sequence: number;
  readonly acknowledgement: number;
  readonly syn: boolean;
  readonly ack: boolean;
  readonly rst: boolean;
}

/** Any other frame long enough to have a source. */
interface OtherPacket {
  readonly kind: "other";
  readonly mac: string;
}

export const ETHERNET_HEADER = 14;
export const etherType = { ipv4: 0x0800, arp: 0x0806, vlan: 0x8100, ipv6: 0x86dd };
export const protocol = { tcp: 6, ah: 51, icmpv6: 58, vrrp: 112 };
const icmpType = { solicitation: 135, advertisement: 136 };
export const IPV6_HEADER = 40;
const SIMPLE_TEXT_PASSWORD = 1;
const ADVERTISEMENT = 1;

/** Parses an Ethernet frame; undefined if it is too short to have a source. A frame cut off within a header is `other`. */
export function parseFrame(frame: Buffer): Packet | undefined {
  if (frame.length < ETHERNET_HEADER) return undefined;
  const mac = macAt(frame, 6);
  const other: OtherPacket = { kind: "other", mac };
  const { type, payload } = withoutEthernet(frame);
  if (type === etherType.arp) return parseArp(payload, mac) ?? other;
  if (type === etherType.ipv4) return parseIpv4(payload, mac) ?? other;
  if (type === etherType.ipv6) return parseIpv6(payload, mac) ?? other;
  return other;
}

/** What an Ethernet frame carries, behind one VLAN tag if it has one. The payload shares its memory. */
export function withoutEthernet(frame: Buffer): { readonly type: number; readonly payload: Buffer } {
  const type = frame.readUInt16BE(12);
  const payload = frame.subarray(ETHERNET_HEADER);
  return type === etherType.vlan && payload.length >= 4
    ? { type: payload.readUInt16BE(2), payload: payload.subarray(4) }
    : { type, payload };
}

function parseArp(packet: Buffer, mac: string): ArpPacket | undefined {
  // Ethernet (1) and IPv4, with addresses of 6 and 4 bytes.
  if (packet.length < 28 || packet.readUInt32BE(0) !== 0x0001_0800 || packet.readUInt16BE(4) !== 0x0604)
    return undefined;
  const operation = ([undefined, "request", "reply"] as const)[packet.readUInt16BE(6)];
  if (!operation) return undefined;
  return {
    kind: "arp",
    mac,
    operation,
    sender: { mac: macAt(packet, 8), address: addressAt(packet, 14) },
    target: { mac: macAt(packet, 18), address: addressAt(packet, 24) },
  };
}

function parseIpv4(packet: Buffer, mac: string): VrrpPacket | TcpPacket | undefined {
  if (packet.length < 20 || packet.readUInt8(0) >> 4 !== 4) return undefined;
  const headerLength = (packet.readUInt8(0) & 0x0f) * 4;
  const fragmentOffset = packet.readUInt16BE(6) & 0x1fff;
  if (headerLength < 20 || fragmentOffset > 0) return undefined;
  // A short frame is padded to 60 bytes: the packet's own length counts.
  const payload = packet.subarray(headerLength, packet.readUInt16BE(2));
  const [source, destination] = [addressAt(packet, 12), addressAt(packet, 16)];
  switch (packet.readUInt8(9)) {
    case protocol.vrrp:
      return parseVrrp(payload, { mac, source, destination, ipId: packet.readUInt16BE(4) });
    case protocol.tcp:
      return parseTcp(payload, { mac, source, destination });
    default:
      return undefined;
  }
}

/** Without extension headers: none of these messages has one. */
function parseIpv6(packet: Buffer, mac: string): VrrpPacket | NeighbourPacket | TcpPacket | undefined {
  if (packet.length < IPV6_HEADER || packet.readUInt8(0) >> 4 !== 6) return undefined;
  const payload = packet.subarray(IPV6_HEADER, IPV6_HEADER + packet.readUInt16BE(4));
  const [source, destination] = [address6At(packet, 8), address6At(packet, 24)];
  switch (packet.readUInt8(6)) {
    case protocol.vrrp:
      return parseVrrp(payload, { mac, source, destination });
    case protocol.tcp:
      return parseTcp(payload, { mac, source, destination });
    case protocol.icmpv6:
      return parseNeighbour(payload, { mac, source });
    default:
      return undefined;
  }
}

function parseNeighbour(message: Buffer, from: Pick<NeighbourPacket, "mac" | "source">): NeighbourPacket | undefined {
  if (message.length < 24) return undefined;
  const type = message.readUInt8(0);
  if (type !== icmpType.solicitation && type !== icmpType.advertisement) return undefined;
  const isAdvertisement = type === icmpType.advertisement;
  // Options are a type, a length in eights of bytes, and contents: source link-layer address 1, target link-layer address 2 (section 4.6).
  let linkAddress: string | undefined;
  for (let at = 24; at + 8 <= message.length; at += 8 * message.readUInt8(at + 1)) {
    if (message.readUInt8(at + 1) === 0) break;
    if (message.readUInt8(at) === (isAdvertisement ? 2 : 1)) linkAddress = macAt(message, at + 2);
  }
  return {
    kind: "neighbour",
    ...from,
    operation: isAdvertisement ? "advertisement" : "solicitation",
    target: address6At(message, 8),
    ...(linkAddress === undefined ? {} : { linkAddress }),
    solicited: isAdvertisement && (message.readUInt8(4) & 0x40) !== 0,
  };
}

function parseVrrp(
  message: Buffer,
  from: Pick<VrrpPacket, "mac" | "source" | "destination" | "ipId">,
): VrrpPacket | undefined {
  if (message.length < 8) return undefined;
  const version = message.readUInt8(0) >> 4;
  const count = message.readUInt8(3);
  const [size, addressOf] = from.source.includes(":") ? [16, address6At] : [4, addressAt];
  const end = 8 + size * count;
  if ((version !== 2 && version !== 3) || (message.readUInt8(0) & 0x0f) !== ADVERTISEMENT || message.length < end)
    return undefined;
  const authenticated = version === 2 && message.readUInt8(4) === SIMPLE_TEXT_PASSWORD && message.length >= end + 8;
  return {
    kind: "vrrp",
    ...from,
    version,
    virtualRouterId: message.readUInt8(1),
    priority: message.readUInt8(2),
    // Whole seconds in version 2, twelve bits of hundredths in version 3.
    intervalMs: version === 2 ? message.readUInt8(5) * 1000 : (message.readUInt16BE(4) & 0x0fff) * 10,
    addresses: Array.from({ length: count }, (_, index) => addressOf(message, 8 + size * index)),
    ...(authenticated ? { password: message.toString("latin1", end, end + 8).replace(/\0.*$/s, "") } : {}),
  };
}

function parseTcp(segment: Buffer, from: Pick<TcpPacket, "mac" | "source" | "destination">): TcpPacket | undefined {
  if (segment.length < 20) return undefined;
  const flags = segment.readUInt8(13);
  return {
    kind: "tcp",
    ...from,
    sourcePort: segment.readUInt16BE(0),
    destinationPort: segment.readUInt16BE(2),
    sequence: segment.readUInt32BE(4),
    acknowledgement: segment.readUInt32BE(8),
    syn: (flags & 0x02) !== 0,
    rst: (flags & 0x04) !== 0,
    ack: (flags & 0x10) !== 0,
  };
}

const macAt = (bytes: Buffer, at: number): string => bytes.toString("hex", at, at + 6).replace(/..(?=.)/g, "$&:");

const addressAt = (bytes: Buffer, at: number): string => bytes.subarray(at, at + 4).join(".");

const address6At = (bytes: Buffer, at: number): string =>
  toIp(bytes.toString("hex", at, at + 16).replace(/....(?=.)/g, "$&:"));
