import { effectivePriority, lowestPriority } from "./elections.ts";
import type { Lab, VrrpInstance } from "./model.ts";
import { byPriority } from "./queries.ts";

/** What a lab file may say and yet seldom means, each as a sentence for its user. A file with warnings is valid. */
export const warningsOf = (lab: Lab): string[] => [
  ...lab.vrrp.flatMap(weightsThatMoveNothing),
  ...lab.vrrp.flatMap(bfdWithoutWeight),
];

/** A neighbour whose end puts every director into FAULT. In a sync group there is no other way. */
function bfdWithoutWeight({ name, members, syncGroup, trackBfd = [] }: VrrpInstance): string[] {
  const alone = trackBfd.filter(({ weight }) => weight === 0).map(({ neighbor }) => neighbor);
  if (syncGroup !== undefined || alone.length === 0) return [];
  return [
    `vrrp ${name}: when ${alone.join(" or ")} is off, ${members.map(({ server }) => server).join(" and ")} all lose their BFD session with it and go to ` +
      "FAULT, and nobody holds the addresses. Fix: give `trackBfd` a weight: priorities then fall alike, and the master stays.",
  ];
}

/** Weights that never take the VIP away from a director that still takes part. */
function weightsThatMoveNothing(instance: VrrpInstance): string[] {
  const [master, standby] = byPriority(instance);
  const best = master && effectivePriority(instance, master.server);
  const worst = master && lowestPriority(instance, master.server);
  const other = standby && effectivePriority(instance, standby.server);
  if (!master || !standby || best === undefined || worst === undefined || other === undefined || worst === best)
    return [];
  const found = `vrrp ${instance.name}: the weights of what it tracks never move its addresses`;
  if (!instance.preempt)
    return [
      `${found}: with \`preempt: false\` no director takes over from one that is alive, whatever its priority. ` +
        "Fix: leave `weight` out, and a failure is the director's FAULT.",
    ];
  if (worst < other) return [];
  return [
    `${found}: if all of it fails on ${master.server}, its priority falls from ${best} to ${worst}, and ${standby.server} has ${other}. ` +
      `Fix: let the weights sum up to more than ${best - other}, or leave \`weight\` out, and a failure is the director's FAULT.`,
  ];
}
