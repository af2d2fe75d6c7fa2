import {
  advertSourceOf,
  familyOf,
  familyOfInstance,
  type Ip,
  interfaceOn,
  type Lab,
  lowestPriority,
  masterDownInterval,
  masterDownOf,
  routerMacOf,
  serverNamed,
  type VrrpInstance,
} from "../../lab/index.ts";
import type { WireAdvert } from "./evidence.ts";

/** The time in which one router advertised as master, without another one in between. */
export interface Mastership {
  /** A director's name, or the address of an unknown router. */
  readonly router: string;
  /** All with a priority above 0. */
  readonly adverts: readonly WireAdvert[];
  readonly first: WireAdvert;
  readonly last: WireAdvert;
  /** Its advertisement of priority 0, with which a master resigns (RFC 3768, section 6.4.3); absent if it fell silent. */
  readonly resigned?: WireAdvert;
}

/** The lab's VRRP configuration that diagnoses compare with: directors and their timers in milliseconds. */
export interface VrrpFacts {
  readonly intervalMs: number;
  /** The master-down interval of the director that waits longest. */
  readonly slowestMs: number;
  /** Each director's master-down interval, by name. */
  readonly masterDownMs: ReadonlyMap<string, number>;
  /** The director that sent an advertisement, by address and hardware address; undefined for an unknown router. */
  directorOf(advert: Pick<WireAdvert, "source" | "mac">): string | undefined;
  /** Whether an advertisement is for the lab's virtual router or its VIP. */
  concerns(advert: WireAdvert): boolean;
}

/** What diagnoses of a VRRP instance compare with. Without an instance, every router that advertises one of the VIPs is unknown. */
export function vrrpFacts(lab: Lab, instance: VrrpInstance | undefined): VrrpFacts {
  const { id, version, advertInterval, members, addresses } = instance ?? {
    ...{ id: undefined, version: 2 as const, advertInterval: 1, members: [] },
    addresses: lab.virtualAddresses.map(({ address }) => address),
  };
  const masterDownMs = new Map(
    members.map(({ server }) => [server, instance ? masterDownOf(lab, instance, server) : 0] as const),
  );
  // One whose priority has fallen waits longer.
  const longestMs = members.map(({ server, priority }) =>
    masterDownInterval({
      ...{ version, advertInterval },
      priority: (instance && lowestPriority(instance, server)) ?? priority,
    }),
  );
  const routers = members.map(({ server }) => ({
    name: server,
    address: instance && advertSourceOf(lab, instance, server),
    mac: interfaceOn(serverNamed(lab, server), instance?.network ?? "").mac.toLowerCase(),
  }));
  // RFC 3768 wants it (section 7.3), and keepalived uses it with `use_vmac`.
  const virtualMac = instance && routerMacOf(instance);
  return {
    intervalMs: advertInterval * 1000,
    slowestMs: Math.max(
      masterDownInterval({ version, advertInterval, priority: 255 }),
      ...masterDownMs.values(),
      ...longestMs,
    ),
    masterDownMs,
    directorOf: ({ source, mac }) =>
      routers.find((one) => one.address === source && (one.mac === mac || mac === virtualMac))?.name,
    concerns: (advert) =>
      (advert.virtualRouterId === id && familyOf(advert.source as Ip) === familyOfInstance({ addresses })) ||
      advert.addresses.some((address) => addresses.includes(address as Ip)),
  };
}

/**
 * Silence after which a master has yielded to another that advertises, in advertisement intervals. Less than two: a router of higher priority
 * that resigns at once leaves no more time.
 */
const LATE = 1.75;

/** The count of an advertisement for people: `, IP identification 7`; nothing over IPv6. */
export const identificationOf = ({ ipId }: WireAdvert, before = ", "): string =>
  ipId === undefined ? "" : `${before}IP identification ${ipId}`;

/** Whether a router accepts another's advertisement: it drops those of another version or password. */
export const believes = (one: WireAdvert, other: WireAdvert): boolean =>
  one.version === other.version && one.password === other.password;

/** The end of a mastership: the resignation, or else the last advertisement. */
export const endOfMastership = ({ resigned, last }: Mastership): number => resigned?.at ?? last.at;

/**
 * Masterships of all routers in a list of advertisements, in the order of their beginnings. A mastership ends in one of three ways:
 * - its router resigns with priority 0;
 * - its router pauses for well over an interval while another one advertises whose advertisements it accepts;
 * - its router pauses for longer than any standby waits, and its IP identification does not continue afterwards.
 * Two routers that both keep advertising have one long mastership each, side by side.
 * (keepalived 2.2.7 delays its own advertisement by an interval whenever it drops another one for its password: a master may be silent
 * for long and still be master.)
 */
export function mastershipsOf(
  adverts: readonly WireAdvert[],
  { intervalMs, slowestMs }: Pick<VrrpFacts, "intervalMs" | "slowestMs">,
  nameOf: (advert: WireAdvert) => string,
): Mastership[] {
  const masterships: { router: string; adverts: WireAdvert[]; resigned?: WireAdvert }[] = [];
  const current = new Map<string, (typeof masterships)[number]>();
  /** When each router last advertised as master. */
  const lastOf = new Map<string, WireAdvert>();
  for (const advert of adverts) {
    const router = nameOf(advert);
    const open = current.get(router);
    if (advert.priority === 0) {
      if (open) open.resigned = advert;
      current.delete(router);
      continue;
    }
    const last = open?.adverts.at(-1)?.at ?? advert.at;
    const pause = advert.at - last;
    const others = [...lastOf].some(([name, one]) => name !== router && one.at > last && believes(advert, one));
    const goesOn =
      pause <= slowestMs + intervalMs ? pause <= LATE * intervalMs || !others : !others && isNext(open, advert);
    if (open && goesOn) open.adverts.push(advert);
    else {
      const mastership = { router, adverts: [advert] };
      masterships.push(mastership);
      current.set(router, mastership);
    }
    lastOf.set(router, advert);
  }
  return masterships.map((mastership) => ({
    ...mastership,
    first: mastership.adverts[0] as WireAdvert,
    last: mastership.adverts.at(-1) as WireAdvert,
  }));
}

/** Whether an advertisement is the next one of a mastership's router: none was lost in between. */
const isNext = (mastership: { readonly adverts: readonly WireAdvert[] } | undefined, { ipId }: WireAdvert): boolean =>
  ipId !== undefined && ipId === ((mastership?.adverts.at(-1)?.ipId ?? 0) + 1) % 65536;

/**
 * How a director returned after a silence, by the IPv4 identification in which keepalived counts its advertisements:
 * - `stood-still`: the next number. It sent nothing in between, not even the priority 0 that keepalived sends when its link goes down, and
 *   did not restart: it was frozen;
 * - `link-down`: the bridge missed a few advertisements: keepalived's FAULT state;
 * - `cut-off`: the bridge missed as many as the silence was long: it was master without interruption;
 * - `started-anew`: the count began again;
 * - `unknown`: a router other than keepalived, which does not count; or one that advertises over IPv6, which has no identification.
 */
export type Return = "stood-still" | "link-down" | "cut-off" | "started-anew" | "unknown";

export function returnOf(last: WireAdvert, first: WireAdvert, intervalMs: number): Return {
  if (first.ipId === undefined || last.ipId === undefined) return "unknown";
  const sent = (first.ipId - last.ipId + 65536) % 65536;
  const missed = (first.at - last.at) / intervalMs;
  if (sent === 0) return first.ipId === 1 ? "started-anew" : "unknown";
  if (sent === 1) return "stood-still";
  if (sent < 0.75 * missed) return "link-down";
  return sent <= 1.5 * missed + 2 ? "cut-off" : "started-anew";
}
