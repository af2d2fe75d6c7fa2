import type { Director } from "./director.ts";
import { type Instance, ownerPriority } from "./instance.ts";
import type { SyncGroup } from "./sync-group.ts";
import type { Track } from "./track.ts";

/** Something tracked, with the weight that it has for an instance. */
export interface Weighted {
  readonly track: Track;
  /** 0: its failure is a FAULT. */
  readonly weight: number;
  /** Whether success is what lowers the priority. */
  readonly reverse: boolean;
}

/** The sync groups of directors by the names of their members, kept while the directors are. */
const groupsByMember = new WeakMap<Director["syncGroups"], ReadonlyMap<string, SyncGroup>>();

/** The sync group that an instance is in: keepalived takes the first one that names it. */
export function syncGroupOf({ syncGroups }: Director, { name }: Instance): SyncGroup | undefined {
  const known =
    groupsByMember.get(syncGroups) ??
    new Map(syncGroups.toReversed().flatMap((group) => group.members.map((member) => [member.name, group] as const)));
  groupsByMember.set(syncGroups, known);
  return known.get(name);
}

/** The instances of a director that are in one of its sync groups. */
export const instancesIn = (director: Director, group: SyncGroup): Instance[] =>
  director.instances.filter((instance) => syncGroupOf(director, instance) === group);

/** What something tracked weighs where it is written, before keepalived ignores it. */
export function weighted(track: Track, { tracked }: Director): Weighted {
  const definition = tracked.find(({ kind, name }) => kind === track.kind && name === track.name);
  const normal = track.kind === "file" ? 1 : 0;
  const weight = track.weight ?? definition?.weight ?? normal;
  return { track, weight, reverse: track.reverse ?? definition?.reverse ?? false };
}

/** Whether keepalived ignores the weights of what the instance itself tracks, and why. */
export function ignoresWeights(director: Director, instance: Instance): "owner" | "sync group" | undefined {
  if (instance.priority === ownerPriority) return "owner";
  const group = syncGroupOf(director, instance);
  return group && !group.trackingWeight ? "sync group" : undefined;
}

/** All that an instance tracks, itself or by its sync group, as keepalived counts it: vrrp_complete_instance() and sync_group_tracking_init(). */
export function weightsOf(director: Director, instance: Instance): Weighted[] {
  const ignored = ignoresWeights(director, instance);
  const own = instance.tracks
    .filter(({ kind, name }) => kind !== "interface" || name !== instance.interface)
    .map((track) => weighted(track, director))
    .flatMap((one): Weighted[] => (ignored && one.weight !== 0 ? ignoredWeight(one, ignored) : [one]));
  const group = (syncGroupOf(director, instance)?.tracks ?? []).map((track) => weighted(track, director));
  const named = (all: readonly Weighted[], { track }: Weighted) =>
    all.find((one) => one.track.kind === track.kind && one.track.name === track.name);
  return [
    ...own.map((one) => (one.weight === 0 ? one : (named(group, one) ?? one))),
    ...group.filter((one) => !named(own, one)),
  ];
}

/** What becomes of something with a weight where weights are ignored: an interface and a file of the normal weight are a FAULT then. */
function ignoredWeight(one: Weighted, ignored: "owner" | "sync group"): Weighted[] {
  if (one.track.kind === "process") return [one];
  const fault =
    one.track.kind === "interface" ? ignored === "sync group" : one.track.kind === "file" && one.weight === 1;
  return fault ? [{ ...one, weight: 0 }] : [];
}

/** How far the priority falls when it fails. Files have the number that is in them, which a configuration does not tell. */
export const fall = ({ weight }: Weighted): number => Math.abs(weight);

/** The priority while all that is tracked is well: positive weights are added. Numbers in files count as 0. */
export function bestPriority(director: Director, instance: Instance): number {
  if (instance.priority === ownerPriority) return ownerPriority;
  return weightsOf(director, instance)
    .filter(({ track }) => track.kind !== "file")
    .map(({ weight, reverse }) => Math.max(0, reverse ? -weight : weight))
    .reduce((sum, weight) => sum + weight, instance.priority);
}

/** A priority as it is advertised: from 1 to 254, unless it is the owner's. */
export const advertised = (priority: number): number => Math.min(Math.max(priority, 1), ownerPriority - 1);
