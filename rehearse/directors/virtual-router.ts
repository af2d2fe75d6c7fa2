import { type Family, type Ip, isLinkLocal } from "../../lab/index.ts";
import type { Director } from "./director.ts";
import { heldBy, type Instance } from "./instance.ts";

/** A director's instance. */
export interface Member {
  readonly director: Director;
  readonly instance: Instance;
}

/** A virtual router: the instances of all directors that are meant to hear one another, at most one a director. RFC 5798, section 1.6. */
export interface VirtualRouter {
  readonly id: number;
  readonly family: Family;
  /** From the highest priority to the lowest. At least one. */
  readonly members: readonly Member[];
}

/**
 * The virtual routers of a set of directors. Instances belong together that have the same identifier and family, and an address, a unicast peer or
 * their name in common.
 */
export function virtualRoutersOf(directors: readonly Director[]): readonly VirtualRouter[] {
  const known = found.get(directors) ?? virtualRoutersIn(directors);
  found.set(directors, known);
  return known;
}

/** By their directors: they are asked for again for each interface. */
const found = new WeakMap<readonly Director[], readonly VirtualRouter[]>();

function virtualRoutersIn(directors: readonly Director[]): VirtualRouter[] {
  const members = directors.flatMap((director) => director.instances.map((instance) => ({ director, instance })));
  const withId = members.filter(({ instance }) => instance.id !== undefined);
  return [...groupedBy(withId, ({ instance }) => `${instance.id} ${instance.family}`).values()]
    .flatMap(together)
    .map((group) => {
      const [{ instance }] = group as [Member, ...Member[]];
      return {
        id: instance.id as number,
        family: instance.family,
        members: group.toSorted((one, other) => other.instance.priority - one.instance.priority),
      };
    });
}

type Group = readonly Member[];

/** Members that belong together, from the surest sign to the weakest. */
function together(members: readonly Member[]): Group[] {
  const signs: ((one: Group, other: Group) => boolean)[] = [
    (one, other) => one.some((member) => other.some((with_) => same(member, with_) && sharesAddress(member, with_))),
    (one, other) => one.some((member) => other.some((with_) => sharesAddress(member, with_))),
    (one, other) => one.some((member) => other.some((with_) => arePeers(member, with_))),
    (one, other) => isAlone(one, other) && one.some((member) => other.some((with_) => same(member, with_))),
    (one, other) => [one, other].some((group) => group.every(({ instance }) => addressesOf(instance).length === 0)),
  ];
  return signs.reduce<Group[]>(
    (groups, sign) => merged(groups, sign),
    members.map((member) => [member]),
  );
}

/** Merges groups that belong together by a sign, until there are none, unless they have a director in common. */
function merged(groups: readonly Group[], belong: (one: Group, other: Group) => boolean): Group[] {
  const after: Group[] = [];
  for (const group of groups) {
    const place = after.findIndex((one) => !shareDirector(one, group) && belong(one, group));
    if (place < 0) after.push(group);
    else after[place] = [...(after[place] as Group), ...group];
  }
  return after.length === groups.length ? after : merged(after, belong);
}

/** Whether a director has an instance in each of the two. */
export const shareDirector = (one: Group, other: Group): boolean =>
  one.some(({ director }) => other.some((member) => member.director.name === director.name));

const same = (one: Member, other: Member): boolean => one.instance.name === other.instance.name;

/** Two groups of several are two clusters, whatever their names. */
const isAlone = (one: Group, other: Group): boolean => one.length === 1 || other.length === 1;

const sharesAddress = (one: Member, other: Member): boolean =>
  addressesOf(one.instance).some((address) => addressesOf(other.instance).includes(address));

const arePeers = ({ instance: one }: Member, { instance: other }: Member): boolean =>
  [
    [one, other],
    [other, one],
  ].some(([from, to]) => {
    const source = to?.unicast?.source?.address;
    return source !== undefined && from?.unicast?.peers.includes(source);
  });

/** The addresses that an instance moves, those told to the others and the excluded ones. Link-local ones may be on every network. */
export const addressesOf = (instance: Instance): Ip[] =>
  heldBy(instance)
    .map(({ address }) => address)
    .filter((address) => !isLinkLocal(address));

function groupedBy<T>(items: readonly T[], keyOf: (item: T) => string): Map<string, T[]> {
  const groups = new Map<string, T[]>();
  for (const item of items) groups.set(keyOf(item), [...(groups.get(keyOf(item)) ?? []), item]);
  return groups;
}
