import type { Lab } from "../../lab/lab.ts";
import { directors, goalOf } from "../../lab/lab.ts";
import { serverWithMac } from "../live/server-with-mac.ts";
import type { WireAdvert, WireEvidence } from "./evidence.ts";
import type { OwnerSpan, VrrpSpan } from "./records.ts";
import { type Reign, reignsOf, returnOf, type VrrpFacts, vrrpFacts } from "./reigns.ts";

/**
 * Who was in which VRRP state, as the wire tells. Only a master speaks, so of the others it tells by inference:
 * - MASTER: from a router's first advertisement until it says priority 0, or another advertises after its last one, or the longest
 *   master-down interval after its last one is over: until then the others take it for master. A router that advertises within one
 *   interval after the capture began was master before;
 * - BACKUP: in the master-down interval before its own advertisements, for it must have listened (one that stood still did not); and while
 *   another is master, unless it had left before, with a priority 0 or without a word. One that was never heard counts as
 *   BACKUP: the wire does not tell it from one that is off;
 * - silent: any other time.
 *
 * The states of the lab's directors, in the lab's order; then of routers that are none of them.
 */
export function vrrpStates({ from, to, adverts }: WireEvidence, lab: Lab): VrrpSpan[] {
  const facts = vrrpFacts(lab);
  const ours = adverts.filter(facts.concerns);
  const reigns = reignsOf(ours, facts, (advert) => facts.directorOf(advert) ?? advert.source);
  const masters = reigns.map((reign) => masterSpan(reign, { from, to, adverts: ours, facts }));
  const names = goalOf(lab) === "ha" ? directors(lab).map(({ name }) => name) : [];
  const strangers = new Set(reigns.map(({ router }) => router).filter((router) => !names.includes(router)));
  return [...names, ...strangers].flatMap((server) => {
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
  readonly reign: Reign;
  readonly from: number;
  readonly to: number;
  /** Whether it left the others alone, rather than making way for a better one. */
  readonly left: boolean;
}

function masterSpan(
  reign: Reign,
  { from, to, adverts, facts }: { from: number; to: number; adverts: readonly WireAdvert[]; facts: VrrpFacts },
): MasterSpan {
  const { router, first, last, resigned } = reign;
  const next = adverts.find((one) => one.at > last.at && one.priority > 0 && one.source !== last.source);
  const lapse = last.at + facts.slowestMs;
  // A successor whose timer was late took over from it all the same.
  const succeeded = next !== undefined && next.at <= lapse + facts.intervalMs ? next.at : lapse;
  const madeWay = !resigned && next !== undefined && next.at - last.at <= 2 * facts.intervalMs;
  const before = adverts.some(({ at }) => at < first.at);
  return {
    router,
    reign,
    from: !before && first.at - from <= facts.intervalMs ? from : first.at,
    to: Math.min(resigned?.at ?? succeeded, Math.max(to, last.at)),
    left: !madeWay,
  };
}

const stoodStill = (before: MasterSpan | undefined, after: MasterSpan, { intervalMs }: VrrpFacts): boolean =>
  before !== undefined && returnOf(before.reign.last, after.reign.first, intervalMs) === "stood-still";

const covers =
  (at: number) =>
  (span: { readonly from: number; readonly to: number }): boolean =>
    span.from <= at && at < span.to;

/** One span after another from `from` to `to`, each as long as the state stays the same; it changes at the given moments only. */
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
 * Who said on the wire that the VIP is at its hardware address: by ARP that has the VIP as its sender, gratuitous or not, and by
 * advertising as VRRP's master. A span lasts until another says so, or its owner resigns with priority 0.
 */
export function vipOwners({ to, adverts, claims }: WireEvidence, lab: Lab): OwnerSpan[] {
  const { concerns } = vrrpFacts(lab);
  const words = [
    ...claims.map(({ at, mac }) => ({ at, mac, holds: true })),
    ...adverts.filter(concerns).map(({ at, mac, priority }) => ({ at, mac, holds: priority > 0 })),
  ].sort((one, other) => one.at - other.at);
  const spans: { mac: string; from: number; to: number | undefined }[] = [];
  for (const { at, mac, holds } of words) {
    const last = spans.at(-1);
    const open = last?.to === undefined ? last : undefined;
    if (open && (holds ? open.mac !== mac : open.mac === mac)) open.to = at;
    if (holds && open?.mac !== mac) spans.push({ mac, from: at, to: undefined });
  }
  return spans.map(({ mac, from, to: end }) => {
    const server = serverWithMac(lab, mac);
    return { mac, ...(server ? { server } : {}), from, to: end ?? Math.max(to, from) };
  });
}
