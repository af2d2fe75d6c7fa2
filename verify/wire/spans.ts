import { type Lab, serverWithMac, type VrrpInstance, virtualMacOf } from "../../lab/index.ts";
import type { WireAdvert, WireEvidence } from "./evidence.ts";
import { type Mastership, mastershipsOf, returnOf, type VrrpFacts, vrrpFacts } from "./masterships.ts";
import type { OwnerSpan, VrrpSpan } from "./records.ts";

/**
 * VRRP states of all routers of an instance over a capture. Only a master advertises, so the other states are inferred:
 * - MASTER: from a router's first advertisement until it sends priority 0, another advertises after its last one, or the longest
 *   master-down interval after its last one is over: until then the others take it for master. A router that advertises within one
 *   interval after the beginning of the capture was master before;
 * - BACKUP: in the master-down interval before its own advertisements, in which it listened (a frozen one did not); and while another is
 *   master, unless it resigned or fell silent before. A router that was never heard counts as BACKUP: the wire does not tell it from one
 *   that is off;
 * - silent: any other time.
 *
 * The instance's members come first, in its order, then unknown routers.
 */
export function vrrpStates(
  { from, to, adverts }: WireEvidence,
  lab: Lab,
  instance: VrrpInstance | undefined,
): VrrpSpan[] {
  const facts = vrrpFacts(lab, instance);
  const ours = adverts.filter(facts.concerns);
  const masterships = mastershipsOf(ours, facts, (advert) => facts.directorOf(advert) ?? advert.source);
  const masters = masterships.map((mastership) => masterSpan(mastership, { from, to, adverts: ours, facts }));
  const names = instance?.members.map(({ server }) => server) ?? [];
  const unknownRouters = new Set(masterships.map(({ router }) => router).filter((router) => !names.includes(router)));
  return [...names, ...unknownRouters].flatMap((server) => {
    const own = masters.filter(({ router }) => router === server);
    const listened = own
      .filter((one, index) => !own[index - 1] || !stoodStill(own[index - 1], one, facts))
      .map((one) => ({ from: one.from - (facts.masterDownMs.get(server) ?? 0), to: one.from }));
    const state = (at: number): VrrpSpan["state"] => {
      if (own.some(covers(at))) return "MASTER";
      if (listened.some(covers(at))) return "BACKUP";
      if (own.findLast((one) => one.to <= at)?.left || !names.includes(server)) return "silent";
      return masters.some(covers(at)) ? "BACKUP" : "silent";
    };
    const moments = [...masters, ...listened].flatMap((one) => [one.from, one.to]);
    return spansBetween({ from, to }, moments, state).map((span) => ({ server, ...span }));
  });
}

interface MasterSpan {
  readonly router: string;
  readonly mastership: Mastership;
  readonly from: number;
  readonly to: number;
  /** Whether it resigned or fell silent, rather than yielding to a router of higher priority. */
  readonly left: boolean;
}

function masterSpan(
  mastership: Mastership,
  { from, to, adverts, facts }: { from: number; to: number; adverts: readonly WireAdvert[]; facts: VrrpFacts },
): MasterSpan {
  const { router, first, last, resigned } = mastership;
  const next = adverts.find((one) => one.at > last.at && one.priority > 0 && one.source !== last.source);
  const lapse = last.at + facts.slowestMs;
  // A successor with a late timer took over from it nevertheless.
  const succeeded = next !== undefined && next.at <= lapse + facts.intervalMs ? next.at : lapse;
  const madeWay = !resigned && next !== undefined && next.at - last.at <= 2 * facts.intervalMs;
  const before = adverts.some(({ at }) => at < first.at);
  return {
    router,
    mastership,
    from: !before && first.at - from <= facts.intervalMs ? from : first.at,
    to: Math.min(resigned?.at ?? succeeded, Math.max(to, last.at)),
    left: !madeWay,
  };
}

const stoodStill = (before: MasterSpan | undefined, after: MasterSpan, { intervalMs }: VrrpFacts): boolean =>
  before !== undefined && returnOf(before.mastership.last, after.mastership.first, intervalMs) === "stood-still";

const covers =
  (at: number) =>
  (span: { readonly from: number; readonly to: number }): boolean =>
    span.from <= at && at < span.to;

/** Splits the time from `from` to `to` into spans of equal state; the state changes at the given moments only. */
function spansBetween<S>(
  { from, to }: { from: number; to: number },
  moments: readonly number[],
  stateFrom: (moment: number) => S,
): { state: S; from: number; to: number }[] {
  const cuts = [from, ...new Set(moments.filter((at) => at > from && at < to))].sort((one, other) => one - other);
  const spans: { state: S; from: number; to: number }[] = [];
  for (const [index, at] of cuts.entries()) {
    const state = stateFrom(at);
    const end = cuts[index + 1] ?? to;
    const last = spans.at(-1);
    if (last?.state === state) last.to = end;
    else spans.push({ state, from: at, to: end });
  }
  return spans;
}

/**
 * Owners of the VIP by their claims on the wire: ARP with the VIP as its sender, gratuitous or not, and a master's advertisements. A span
 * lasts until another host claims the VIP, or its owner resigns with priority 0. A virtual router's own MAC address is that of its master, whom the
 * advertisements tell.
 */
export function vipOwners(
  { to, adverts, claims }: WireEvidence,
  lab: Lab,
  instance: VrrpInstance | undefined,
): OwnerSpan[] {
  const { concerns, directorOf } = vrrpFacts(lab, instance);
  const virtual = instance && virtualMacOf(instance);
  const words = [
    ...claims
      .filter(({ mac }) => mac !== virtual)
      .map(({ at, mac }) => ({ at, mac, server: serverWithMac(lab, mac), holds: true })),
    ...adverts.filter(concerns).map((advert) => ({
      at: advert.at,
      mac: virtual !== undefined && directorOf(advert) !== undefined ? virtual : advert.mac,
      server: virtual === undefined ? serverWithMac(lab, advert.mac) : directorOf(advert),
      holds: advert.priority > 0,
    })),
  ].sort((one, other) => one.at - other.at);
  const spans: { mac: string; server: string | undefined; from: number; to: number | undefined }[] = [];
  for (const { at, mac, server, holds } of words) {
    const last = spans.at(-1);
    const open = last?.to === undefined ? last : undefined;
    const isOpen = open?.mac === mac && open.server === server;
    if (open && (holds ? !isOpen : isOpen)) open.to = at;
    if (holds && !isOpen) spans.push({ mac, server, from: at, to: undefined });
  }
  return spans.map(({ mac, server, from, to: end }) => ({
    mac,
    ...(server ? { server } : {}),
    from,
    to: end ?? Math.max(to, from),
  }));
}
