import type { ArpPacket, NeighbourPacket, Packet, TcpPacket, VrrpPacket } from "./parse.ts";
import type { GratuitousArp, VrrpAdvert } from "./records.ts";

/** An advertisement, with the count that tells one keepalived process from the next. */
export interface WireAdvert extends VrrpAdvert {
  /** The IPv4 header's identification, which keepalived counts up with each advertisement from 1; IPv6 has none. */
  readonly ipId?: number;
  /** Where it was sent: the multicast address, or the address of each router that it was sent to. */
  readonly destinations: readonly string[];
  /** VRRPv2's simple text password, if there is one. Reports do not show it. */
  readonly password?: string;
}

/** An ARP packet, or one of neighbour discovery, that claims the VIP for its sender's hardware address, in answer to a request or not. */
export interface ArpClaim {
  readonly at: number;
  readonly mac: string;
  readonly kind: "gratuitous" | "reply" | "request";
}

/** The opening of a TCP connection from the client to the service, told from others by its port and initial sequence number. */
export interface Handshake {
  readonly port: number;
  readonly sequence: number;
  /** The first SYN. */
  readonly syn: number;
  /** The first SYN-ACK to it; null if there was none. */
  readonly synAck: number | null;
}

/** Evidence of a capture between two moments, each list in the order of time. Milliseconds on the run's clock. */
export interface WireEvidence {
  readonly from: number;
  readonly to: number;
  readonly adverts: readonly WireAdvert[];
  readonly gratuitousArp: readonly GratuitousArp[];
  readonly claims: readonly ArpClaim[];
  readonly handshakes: readonly Handshake[];
  /** Times of frames by their source's hardware address, without advertisements; at most ten a second of each. */
  readonly sightings: ReadonlyMap<string, readonly number[]>;
}

/** The service whose traffic is collected, and its client. */
export interface Service {
  readonly vip: string;
  readonly port: number;
  readonly client: string;
}

/** Minimum distance of two sightings of one address, in milliseconds. */
const SIGHTING_MS = 100;

/** How long after its first copy another copy of a unicast advertisement may come, in milliseconds: ARP for a router may be under way. */
const COPIES_MS = 500;

/** Collects evidence, packet by packet. */
export class EvidenceLog {
  readonly adverts: WireAdvert[] = [];
  readonly gratuitousArp: GratuitousArp[] = [];
  readonly claims: ArpClaim[] = [];
  readonly handshakes: Handshake[] = [];
  readonly sightings = new Map<string, number[]>();
  readonly #service: Service;
  /** The last advertisement of each router. */
  readonly #lastAdverts = new Map<string, WireAdvert & { readonly destinations: string[] }>();
  /** The last handshake from each of the client's ports. */
  readonly #byPort = new Map<number, { -readonly [K in keyof Handshake]: Handshake[K] }>();

  constructor(service: Service) {
    this.#service = service;
  }

  add(packet: Packet, at: number): void {
    if (packet.kind === "vrrp") {
      this.#advert(packet, at);
      return;
    }
    this.#sight(packet.mac, at);
    if (packet.kind === "arp") this.#arp(packet, at);
    else if (packet.kind === "neighbour") this.#neighbour(packet, at);
    else if (packet.kind === "tcp" && packet.syn) this.#syn(packet, at);
  }

  /** A router that advertises by unicast sends the same advertisement to each of the others: it is one, with several destinations. */
  #advert({ kind: _, destination, ...advert }: VrrpPacket, at: number): void {
    const router = `${advert.mac} ${advert.source} ${advert.virtualRouterId}`;
    const last = this.#lastAdverts.get(router);
    const isCopy =
      last !== undefined &&
      last.ipId === advert.ipId &&
      last.priority === advert.priority &&
      at - last.at <= COPIES_MS &&
      !last.destinations.includes(destination);
    if (isCopy) {
      last.destinations.push(destination);
      return;
    }
    const heard = { at, ...advert, destinations: [destination] };
    this.#lastAdverts.set(router, heard);
    this.adverts.push(heard);
  }

  #sight(mac: string, at: number): void {
    const seen = this.sightings.get(mac);
    if (!seen) this.sightings.set(mac, [at]);
    else if (at - (seen.at(-1) ?? 0) >= SIGHTING_MS) seen.push(at);
  }

  #arp({ operation, sender, target }: ArpPacket, at: number): void {
    if (sender.address !== this.#service.vip) return;
    const gratuitous = target.address === sender.address;
    this.claims.push({ at, mac: sender.mac, kind: gratuitous ? "gratuitous" : operation });
    if (gratuitous) this.gratuitousArp.push({ at, mac: sender.mac, kind: operation });
  }

  /** An advertisement claims its target. A solicitation claims its source, whose hardware address it tells: RFC 4861, section 7.2.3. */
  #neighbour({ operation, source, target, linkAddress, solicited, mac: from }: NeighbourPacket, at: number): void {
    const claimed = operation === "advertisement" ? target : source;
    if (claimed !== this.#service.vip) return;
    const mac = linkAddress ?? from;
    const gratuitous = operation === "advertisement" && !solicited;
    this.claims.push({
      at,
      mac,
      kind: gratuitous ? "gratuitous" : operation === "advertisement" ? "reply" : "request",
    });
    if (gratuitous) this.gratuitousArp.push({ at, mac, kind: "reply" });
  }

  #syn(packet: TcpPacket, at: number): void {
    const { vip, port, client } = this.#service;
    if (!packet.ack && packet.source === client && packet.destination === vip && packet.destinationPort === port) {
      // The director sends the same SYN on to a real server, and TCP sends it again: both have its port and number.
      if (this.#byPort.get(packet.sourcePort)?.sequence === packet.sequence) return;
      const handshake = { port: packet.sourcePort, sequence: packet.sequence, syn: at, synAck: null };
      this.#byPort.set(packet.sourcePort, handshake);
      this.handshakes.push(handshake);
    } else if (packet.ack && packet.source === vip && packet.destination === client && packet.sourcePort === port) {
      const handshake = this.#byPort.get(packet.destinationPort);
      if (handshake?.synAck === null && packet.acknowledgement === (handshake.sequence + 1) % 2 ** 32)
        handshake.synAck = at;
    }
  }
}
