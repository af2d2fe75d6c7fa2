import { isIn } from "./address-range.ts";
import type { Director } from "./director.ts";
import { heldBy, type Instance } from "./instance.ts";
import type { VirtualRouter } from "./virtual-router.ts";
import type { VirtualServer } from "./virtual-server.ts";

/** A virtual server as each director has it, of those that take over from one another. */
export interface SharedService {
  readonly name: string;
  /** From the highest priority to the lowest; of each, its virtual server or, without one, undefined. At least two. */
  readonly holders: readonly { readonly director: Director; readonly service?: VirtualServer }[];
}

/**
 * The virtual servers that directors share: of each, the directors of the virtual router that holds its address; if none does, those that are in
 * any virtual router together; in a folder without VRRP, all.
 */
export function sharedServicesOf(directors: readonly Director[], routers: readonly VirtualRouter[]): SharedService[] {
  const keys = new Map(directors.flatMap(({ virtualServers }) => virtualServers).map((one) => [one.key, one]));
  const byKey = new Map(
    directors.map((director) => [
      director,
      // Of several with one key the first counts.
      new Map(director.virtualServers.toReversed().map((one) => [one.key, one])),
    ]),
  );
  return [...keys].flatMap(([key, { name }]) => {
    const services = (director: Director) => byKey.get(director)?.get(key);
    const groups = unique(
      directors.flatMap((director) => {
        const service = services(director);
        return service ? [peersOf(service, director, directors, routers)] : [];
      }),
    );
    return groups
      .filter(({ length }) => length > 1)
      .map((group) => ({
        name,
        holders: group.map((director) => {
          const service = services(director);
          return { director, ...(service ? { service } : {}) };
        }),
      }));
  });
}

/** The directors that a virtual server's address may move to, its own among them. */
function peersOf(
  service: VirtualServer,
  director: Director,
  directors: readonly Director[],
  routers: readonly VirtualRouter[],
): readonly Director[] {
  if (directors.every(({ instances }) => instances.length === 0)) return directors;
  const own = routers.filter(({ members }) => members.some((member) => member.director === director));
  const holding = own.filter(({ members }) =>
    members.some((member) => member.director === director && holds(member.instance, service)),
  );
  const peers = (holding.length > 0 ? holding : own).flatMap(({ members }) => members.map((member) => member.director));
  return [...new Set(peers)];
}

/** Whether an instance holds one of a virtual server's addresses. */
export const holds = (instance: Instance, { ranges }: VirtualServer): boolean =>
  heldBy(instance).some(({ address }) => ranges.some((range) => isIn(range, address)));

const unique = (groups: readonly (readonly Director[])[]): (readonly Director[])[] => [
  ...new Map(
    groups.map((group) => [
      group
        .map(({ name }) => name)
        .sort()
        .join("\n"),
      group,
    ]),
  ).values(),
];
