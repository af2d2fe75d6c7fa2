import { familyOf, serverWithMac } from "../../../lab/index.ts";
import type { ArpClaim } from "../evidence.ts";
import type { Diagnosis } from "../records.ts";
import type { Case } from "./case.ts";
import { listed, moment } from "./words.ts";

/** How close together two hardware addresses must claim the VIP to be in conflict, in milliseconds. */
const CLOSE_MS = 1000;
/** Conflicts that are no further apart are one, in milliseconds. */
const ONE_CONFLICT_MS = 30_000;

/** Kinds of claims, one and many of each. */
const KINDS = [
  ["gratuitous", "gratuitous ARP", "gratuitous ARPs"],
  ["reply", "ARP reply", "ARP replies"],
  ["request", "ARP request", "ARP requests"],
] as const;

/** The same for an IPv6 VIP. */
const KINDS6 = [
  ["gratuitous", "unsolicited neighbour advertisement", "unsolicited neighbour advertisements"],
  ["reply", "neighbour advertisement", "neighbour advertisements"],
  ["request", "neighbour solicitation", "neighbour solicitations"],
] as const;

/** A claim of the VIP: by ARP, or without `claim` by a master's advertisement. */
interface VipClaim {
  readonly at: number;
  readonly mac: string;
  readonly claim?: ArpClaim;
}

/**
 * Two hosts that claim the VIP at the same time, while VRRP's master does not change: above all a real server that answers ARP for it.
 * A master's advertisement counts as its claim. Times that VRRP explains are left out: the second around a handover, and any time of
 * another VRRP diagnosis.
 */
export function diagnoseArpConflicts(
  { evidence, own, unknownRouters, masterships, lab, service, facts }: Case,
  explained: readonly Diagnosis[],
): Diagnosis[] {
  const vipClaims: VipClaim[] = [
    ...evidence.claims.map((claim) => ({ at: claim.at, mac: claim.mac, claim })),
    ...[...own, ...unknownRouters].filter(({ priority }) => priority > 0).map(({ at, mac }) => ({ at, mac })),
  ].sort((one, other) => one.at - other.at);
  const changes = masterships.flatMap(({ first, last, resigned }) => [first.at, (resigned ?? last).at]);
  const quiet = (at: number) =>
    changes.some((change) => Math.abs(change - at) <= CLOSE_MS) ||
    explained.some(({ from, to }) => at >= from - CLOSE_MS && at <= (to ?? evidence.to) + 2 * facts.intervalMs);

  const conflicts: { one: VipClaim; other: VipClaim }[] = [];
  /** The last claim of each hardware address. */
  const lastOf = new Map<string, VipClaim>();
  for (const next of vipClaims) {
    for (const [mac, last] of lastOf)
      if (
        mac !== next.mac &&
        next.at - last.at <= CLOSE_MS &&
        (next.claim || last.claim) &&
        !quiet(next.at) &&
        !quiet(last.at)
      )
        conflicts.push({ one: last, other: next });
    lastOf.set(next.mac, next);
  }

  const groups: (typeof conflicts)[] = [];
  for (const conflict of conflicts) {
    const group = groups.at(-1);
    if (group && conflict.other.at - (group.at(-1)?.other.at ?? 0) <= ONE_CONFLICT_MS) group.push(conflict);
    else groups.push([conflict]);
  }
  return groups.map((group): Diagnosis => {
    const macs = [...new Set(group.flatMap(({ one, other }) => [one.mac, other.mac]))];
    const names = macs.map((mac) => serverWithMac(lab, mac) ?? mac);
    const claimed = group.flatMap(({ one, other }) => [one, other]).filter(({ claim }) => claim);
    const from = claimed.reduce((first, { at }) => Math.min(first, at), Number.POSITIVE_INFINITY);
    const to = claimed.reduce((last, { at }) => Math.max(last, at), from);
    return {
      id: "arp-conflict",
      title: `${listed(names)} ${names.length === 2 ? "both" : "all"} say that ${service.vip} is theirs`,
      from,
      to,
      who: names,
      because: macs.map((mac, index) => {
        const claims = evidence.claims.filter((claim) => claim.mac === mac && claim.at >= from && claim.at <= to);
        const kinds = (familyOf(service.vip) === 6 ? KINDS6 : KINDS).flatMap(([kind, one, many]) => {
          const times = claims.filter((claim) => claim.kind === kind).length;
          return times > 0 ? [`${times} ${times === 1 ? one : many}`] : [];
        });
        return `${moment(from)} to ${moment(to)}: ${names[index]} (${mac}) by ${listed(kinds) || "VRRP advertisements"}`;
      }),
    };
  });
}
