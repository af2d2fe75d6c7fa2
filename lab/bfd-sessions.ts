import type { Ip } from "./ip.ts";
import type { Lab, Server } from "./model.ts";
import { type BfdSession, directors, serverNamed, vrrpPartsOf } from "./queries.ts";

/** A director's BFD sessions, each once: instances that track the same have it in common. */
export const bfdSessionsOf = (lab: Lab, director: Server): BfdSession[] => {
  const all = vrrpPartsOf(lab, director).flatMap(({ trackBfd = [] }) => trackBfd);
  return all
    .filter(({ name }, index) => index === all.findIndex((one) => one.name === name))
    .map(({ weight: _, ...session }) => session);
};

/** A session at the end of a neighbour of directors. */
export interface NeighborSession extends BfdSession {
  /** The director's name. */
  readonly director: string;
}

/** The sessions that a server has as a neighbour: one with each director that tracks it. Their names are the directors', with a number if it is taken. */
export function bfdSessionsWith(lab: Lab, server: string): NeighborSession[] {
  const own = new Set<Ip>(serverNamed(lab, server).interfaces.flatMap(({ addresses }) => addresses));
  const found = directors(lab).flatMap((director) =>
    bfdSessionsOf(lab, director)
      .filter(({ neighbor }) => own.has(neighbor))
      .map(({ source, neighbor, minTx, minRx, multiplier }) => ({
        director: director.name,
        ...{ source: neighbor, neighbor: source },
        // The same at both ends.
        ...{ minTx, minRx, multiplier },
      })),
  );
  const taken = new Set<string>();
  return found.map((session) => {
    const base = session.director.replace(/\W/g, "_").slice(0, LONGEST_BASE);
    let name = base;
    for (let number = 2; taken.has(name); number++) name = `${base}_${number}`;
    taken.add(name);
    return { name, ...session };
  });
}

/** keepalived's names of BFD instances have 31 characters at most (BFD_INAME_MAX in its bfd.h): this leaves room for a number. */
const LONGEST_BASE = 26;
