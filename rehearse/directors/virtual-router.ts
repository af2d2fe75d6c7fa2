import type { Family } from "../../lab/index.ts";
import type { Director } from "./director.ts";
import type { Instance } from "./instance.ts";

/** A director's instance. */
export interface Member {
  readonly director: Director;
  readonly instance: Instance;
}

/** A virtual router: the instances of all directors that hear one another, at most one a director. RFC 5798, section 1.6. */
export interface VirtualRouter {
  readonly id: number;
  readonly family: Family;
  /** From the highest priority to the lowest. */
  readonly members: readonly Member[];
}

/**
 * The virtual routers of a set of directors. Instances belong together that have the same identifier and family. Where a director has several
 * of these, on several networks, those of the same interface belong together, or else those of the same name.
 */
export function virtualRoutersOf(directors: readonly Director[]): VirtualRouter[] {
  const members = directors.flatMap((director) => director.instances.map((instance) => ({ director, instance })));
  const withId = members.filter(({ instance }) => instance.id !== undefined);
  return [...groupedBy(withId, ({ instance }) => `${instance.id} ${instance.family}`).values()]
    .flatMap(byNetwork)
    .map((group) => {
      const [{ instance }] = group as [Member, ...Member[]];
      return {
        id: instance.id as number,
        family: instance.family,
        members: group.toSorted((one, other) => other.instance.priority - one.instance.priority),
      };
    });
}

function byNetwork(members: readonly Member[]): Member[][] {
  const one = (group: readonly Member[]) => new Set(group.map(({ director }) => director.name)).size === group.length;
  if (one(members)) return [[...members]];
  for (const keyOf of [({ instance }: Member) => instance.interface ?? "", ({ instance }: Member) => instance.name]) {
    const groups = [...groupedBy(members, keyOf).values()];
    if (groups.every(one)) return groups;
  }
  return [...groupedBy(members, ({ instance }) => `${instance.interface} ${instance.name}`).values()];
}

function groupedBy<T>(items: readonly T[], keyOf: (item: T) => string): Map<string, T[]> {
  const groups = new Map<string, T[]>();
  for (const item of items) groups.set(keyOf(item), [...(groups.get(keyOf(item)) ?? []), item]);
  return groups;
}
