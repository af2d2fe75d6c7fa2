import { directors, type Lab } from "../../lab/lab.ts";
import { masterDownInterval } from "../../lab/vrrp.ts";
import type { WireAdvert } from "./evidence.ts";

/** A time in which one router advertised as master, without another one in between. */
export interface Reign {
  /** A director's name, or the address of a router that is none of the lab's. */
  readonly router: string;
  /** All with a priority above 0. */
  readonly adverts: readonly WireAdvert[];
  readonly first: WireAdvert;
  readonly last: WireAdvert;
  /** Its advertisement of priority 0, by which a master says that it stops (RFC 3768, section 6.4.3); not there if it said nothing. */
  readonly resigned?: WireAdvert;
}

/** The lab's VRRP as it is judged by: directors with their timers in milliseconds. */
export interface VrrpFacts {
  readonly intervalMs: number;
  /** The master-down interval of the director that waits longest. */
  readonly slowestMs: number;
  /** Each director's master-down interval, by name. */
  readonly masterDownMs: ReadonlyMap<string, number>;
  /** The director that an advertisement comes from, by address and hardware address; undefined: it is none of the lab's. */
  directorOf(advert: Pick<WireAdvert, "source" | "mac">): string | undefined;
  /** Whether it concerns the lab: its virtual router or its VIP. */
  concerns(advert: WireAdvert): boolean;
}

export function vrrpFacts(lab: Lab): VrrpFacts {
  const { advertInterval, virtualRouterId } = lab.keepalived;
  const all = directors(lab);
  const masterDownMs = new Map(
    all.map(({ name, priority = 0 }) => [name, masterDownInterval({ ...lab.keepalived, priority })]),
  );
  // The virtual router's own hardware address, which RFC 3768 wants (section 7.3) and keepalived uses with `use_vmac`.
  const virtualMac = `00:00:5e:00:01:${virtualRouterId.toString(16).padStart(2, "0")}`;
  return {
    intervalMs: advertInterval * 1000,
    slowestMs: Math.max(0, ...masterDownMs.values()),
    masterDownMs,
    directorOf: ({ source, mac }) =>
      all.find((one) => one.address === source && (one.mac.toLowerCase() === mac || mac === virtualMac))?.name,
    concerns: (advert) => advert.virtualRouterId === virtualRouterId || advert.addresses.includes(lab.service.vip),
  };
}

/**
 * A master that is silent for longer than this, in advertisement intervals, while another speaks, has made way to it. Less than two: a
 * better one that comes and resigns at once leaves no more time.
 */
const LATE = 1.75;

/** Whether a router takes another's advertisement for one of its own virtual router: it drops what has another version or password. */
export const believes = (one: WireAdvert, other: WireAdvert): boolean =>
  one.version === other.version && one.password === other.password;

/** When a router stopped being master, as far as it said so. */
export const endOfReign = ({ resigned, last }: Reign): number => resigned?.at ?? last.at;

/**
 * The reigns of all routers whose advertisements are given, in the order in which they began. A reign ends with a priority 0; or
 * if its router pauses for well over an interval while another one advertises that it believes; or if it pauses for longer than
 * any standby waits and then does not go on counting. Two routers that both keep advertising have one long reign each, side by side.
 * (keepalived 2.2.7 puts its own advertisement off by an interval whenever it drops somebody else's for its password, so that a
 * master may not be heard for long and be master all the same.)
 */
export function reignsOf(
  adverts: readonly WireAdvert[],
  { intervalMs, slowestMs }: Pick<VrrpFacts, "intervalMs" | "slowestMs">,
  nameOf: (advert: WireAdvert) => string,
): Reign[] {
  const reigns: { router: string; adverts: WireAdvert[]; resigned?: WireAdvert }[] = [];
  const current = new Map<string, (typeof reigns)[number]>();
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
      const reign = { router, adverts: [advert] };
      reigns.push(reign);
      current.set(router, reign);
    }
    lastOf.set(router, advert);
  }
  return reigns.map((reign) => ({
    ...reign,
    first: reign.adverts[0] as WireAdvert,
    last: reign.adverts.at(-1) as WireAdvert,
  }));
}

/** Whether an advertisement is the very next of a reign's router: it sent none that was not heard. */
const isNext = (reign: { readonly adverts: readonly WireAdvert[] } | undefined, { ipId }: WireAdvert): boolean =>
  ipId === ((reign?.adverts.at(-1)?.ipId ?? 0) + 1) % 65536;

/**
 * How a director came back that had been silent, by how far its advertisements were counted on in the IPv4 identification:
 * - `stood-still`: the very next number. It sent nothing in between, not even the priority 0 with which keepalived leaves when its link
 *   goes down, and did not start anew: it was frozen;
 * - `link-down`: a few were sent that the bridge did not see: keepalived's FAULT state;
 * - `cut-off`: it went on advertising all the time, where the bridge did not hear it: it was master without interruption;
 * - `started-anew`: its count began again;
 * - `unknown`: its advertisements are not counted (a router other than keepalived).
 */
export type Return = "stood-still" | "link-down" | "cut-off" | "started-anew" | "unknown";

export function returnOf(last: WireAdvert, first: WireAdvert, intervalMs: number): Return {
  const sent = (first.ipId - last.ipId + 65536) % 65536;
  const missed = (first.at - last.at) / intervalMs;
  if (sent === 0) return first.ipId === 1 ? "started-anew" : "unknown";
  if (sent === 1) return "stood-still";
  if (sent < 0.75 * missed) return "link-down";
  return sent <= 1.5 * missed + 2 ? "cut-off" : "started-anew";
}
