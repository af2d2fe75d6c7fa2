import { last } from "../../conf/tree.ts";
import type { Director } from "../../directors/director.ts";
import { sharedServicesOf } from "../../directors/peers.ts";
import type { RealServer, VirtualServer } from "../../directors/virtual-server.ts";
import type { Found, Rule } from "../rule.ts";
import { keptRealServers, realServerKey, realServerName } from "../services.ts";

export const realServersDiffer: Rule = {
  id: "real-servers-differ",
  title: "real servers that differ between the directors",
  level: "error",
  why:
    "Each director makes its own table from its own file. After a failover clients go to the real servers of the other file: those that it lacks get " +
    "nothing, and connections to them that the sync daemon has brought over end.",
  source: "keepalived.conf(5), virtual_server; ipvsadm(8), --start-daemon",
  *look({ directors, routers }) {
    for (const { name, holders } of sharedServicesOf(directors, routers)) {
      const [first, ...others] = holders.filter(has);
      if (first) for (const other of others) yield* differences(name, first, other);
    }
  },
};

interface Holder {
  readonly director: Director;
  readonly service: VirtualServer;
}

const has = (holder: { readonly director: Director; readonly service?: VirtualServer }): holder is Holder =>
  holder.service !== undefined;

function* differences(name: string, one: Holder, other: Holder): Iterable<Found> {
  const ones = keptRealServers(one.service);
  const others = keptRealServers(other.service);
  const alone = ones.length === 1 && others.length === 1 && !same(others, ones[0] as RealServer);
  if (alone) {
    const [own, its] = [ones[0] as RealServer, others[0] as RealServer];
    yield {
      at: its.at,
      also: [own.at],
      level: "note",
      message:
        `${name} has one real server, ${realServerName(its)} on ${other.director.name} and ${realServerName(own)} on ` +
        `${one.director.name}: right only if each director serves the clients itself`,
      fix: "write the same real servers on all directors, unless each is to be its own",
    };
    return;
  }
  const missing = ones.filter((real) => !same(others, real));
  if (missing.length > 0)
    yield {
      at: other.service.at,
      also: missing.map(({ at }) => at),
      message: `${name} of ${other.director.name} lacks ${missing.map(realServerName).join(", ")}, which ${one.director.name} has`,
      fix: "write the same real servers on all directors",
    };
  for (const real of others) {
    const twin = same(ones, real);
    if (!twin)
      yield {
        at: real.at,
        also: [one.service.at],
        message: `${name} of ${other.director.name} has ${realServerName(real)}, which ${one.director.name} has not`,
        fix: "write the same real servers on all directors",
      };
    else if (twin.weight !== real.weight || twin.method !== real.method)
      yield {
        at: last(real.block, twin.weight !== real.weight ? "weight" : "lvs_method") ?? real.at,
        also: [twin.at],
        level: "warning",
        message:
          `${realServerName(real)} of ${name} has ${shown(real, twin)} on ${other.director.name}, ` +
          `${shown(twin, real)} on ${one.director.name}`,
        fix: "write the same values on all directors",
      };
  }
}

const same = (reals: readonly RealServer[], wanted: RealServer): RealServer | undefined =>
  reals.find((real) => realServerKey(real) === realServerKey(wanted));

/** What differs from the other one. */
const shown = (real: RealServer, other: RealServer): string =>
  [
    ...(real.weight === other.weight ? [] : [`weight ${real.weight}`]),
    ...(real.method === other.method ? [] : [`method ${real.method}`]),
  ].join(" and ");
