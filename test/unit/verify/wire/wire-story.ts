import { priorityIn, readLab, type VrrpInstance } from "../../../../lab/index.ts";
import type { ArpClaim, Handshake, WireAdvert, WireEvidence } from "../../../../verify/wire/evidence.ts";
import { instanceOf, interfaceOf } from "../other-labs.ts";

/** The textbook's lab: server1 (priority 100) and server4 (priority 50) are its directors, server2 a real server. */
export const lab = await readLab("labs/ha.yaml");
export const instance = instanceOf(lab);

/** Each server's hardware address as Linux prints it. */
export const macs = Object.fromEntries(
  lab.servers.map((one) => [one.name, interfaceOf(one).mac.toLowerCase()]),
) as Record<"server1" | "server2" | "server3" | "server4", string>;

export interface Speech {
  /** When the first one is sent, in milliseconds. */
  readonly from: number;
  readonly count: number;
  readonly every?: number;
  /** The first one's IP identification. */
  readonly id?: number;
  readonly priority?: number;
  readonly password?: string;
  readonly source?: string;
  readonly mac?: string;
  readonly virtualRouterId?: number;
}

/** Advertisements in a row, of a director or of anybody. */
export function adverts(
  server: "server1" | "server4" | undefined,
  speech: Speech,
  of: VrrpInstance = instance,
): WireAdvert[] {
  const one = lab.servers.find(({ name }) => name === server);
  const own = one && interfaceOf(one);
  const { from, count, every = 1000, id = 1, password = of.password } = speech;
  return Array.from({ length: count }, (_, index) => ({
    at: from + index * every,
    source: speech.source ?? own?.addresses[0] ?? "",
    mac: speech.mac ?? own?.mac.toLowerCase() ?? "",
    ipId: id === 0 ? 0 : id + index,
    version: 2,
    virtualRouterId: speech.virtualRouterId ?? of.id,
    priority: speech.priority ?? priorityIn(of, server ?? "") ?? 0,
    intervalMs: 1000,
    addresses: of.addresses,
    destinations: ["224.0.0.18"],
    password,
  }));
}

/** A master's farewell: one advertisement of priority 0. */
export const resigns = (server: "server1" | "server4", at: number, id = 99): WireAdvert[] =>
  adverts(server, { from: at, count: 1, id, priority: 0 });

export const claims = (mac: string, kind: ArpClaim["kind"], ...moments: number[]): ArpClaim[] =>
  moments.map((at) => ({ at, mac, kind }));

/** What a capture would have seen from 0 to `to`; lists are put in order. */
export function story(
  to: number,
  spoken: readonly WireAdvert[],
  rest: {
    readonly claims?: readonly ArpClaim[];
    readonly handshakes?: readonly Handshake[];
    readonly sightings?: Readonly<Record<string, readonly number[]>>;
  } = {},
): WireEvidence {
  const inOrder = <T extends { readonly at: number }>(events: readonly T[]) =>
    events.toSorted((one, other) => one.at - other.at);
  return {
    from: 0,
    to,
    adverts: inOrder(spoken),
    gratuitousArp: [],
    claims: inOrder(rest.claims ?? []),
    handshakes: rest.handshakes ?? [],
    sightings: new Map(Object.entries(rest.sightings ?? {})),
  };
}
