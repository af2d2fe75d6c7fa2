import type { Director } from "../../directors/director.ts";
import type { Found, Rule, Subject } from "../rule.ts";
import { listed } from "../words.ts";

export const syncDaemon: Rule = {
  id: "sync-daemon",
  title: "an lvs_sync_daemon that synchronises nothing",
  level: "error",
  why:
    "Connections outlive a failover only if the master's daemon sends and the backup's receives, on the same group and port with the same id: the " +
    "kernel drops other ids. keepalived clears a daemon whose instance does not exist, with a line in its log.",
  source:
    "keepalived.conf(5), lvs_sync_daemon; vrrp_complete_init() in keepalived's vrrp.c; the kernel's net/netfilter/ipvs/ip_vs_sync.c",
  *look(subject) {
    for (const director of subject.directors) {
      yield* own(director);
      const peers = peersOf(director, subject);
      yield* unheard(director, peers);
      const before = peers.filter((peer) => subject.directors.indexOf(peer) < subject.directors.indexOf(director));
      const different = before.map((peer) => [...against(director, peer)]).find((found) => found.length > 0);
      yield* different ?? [];
    }
  },
};

function* own(director: Director): Iterable<Found> {
  const { syncDaemon: daemon, instances, name } = director;
  if (!daemon) return;
  if (daemon.instance === undefined)
    yield {
      at: daemon.at,
      level: "note",
      message: `lvs_sync_daemon of ${name} names no instance: it sends and receives whether ${name} is master or not`,
      fix: "name the instance of the virtual servers' addresses, unless both directors are masters of some: `lvs_sync_daemon INTERFACE INSTANCE`",
    };
  else if (!instances.some((instance) => instance.name === daemon.instance))
    yield {
      at: daemon.at,
      message: `lvs_sync_daemon of ${name} names ${daemon.instance}, and no vrrp_instance is called so: keepalived starts no daemon`,
      fix: "write the name of the vrrp_instance that has the virtual servers' addresses",
    };
}

/** The directors that are of a virtual router with it. */
const peersOf = (director: Director, { directors, routers }: Subject): Director[] =>
  directors.filter(
    (peer) =>
      peer !== director &&
      routers.some(({ members }) => [director, peer].every((one) => members.some((member) => member.director === one))),
  );

function* unheard({ name, syncDaemon: daemon }: Director, peers: readonly Director[]): Iterable<Found> {
  const without = peers.filter((peer) => !peer.syncDaemon).map((peer) => peer.name);
  if (daemon && without.length > 0)
    yield {
      at: daemon.at,
      message: `${name} has an lvs_sync_daemon and ${listed(without)} ${without.length === 1 ? "has" : "have"} none: no connection is synchronised between them`,
      fix: `write the lvs_sync_daemon line in global_defs of ${listed(without)} as well`,
    };
}

function* against(director: Director, peer: Director): Iterable<Found> {
  const { syncDaemon: daemon } = director;
  const other = peer.syncDaemon;
  if (!daemon || !other) return;
  for (const what of ["id", "port", "group"] as const) {
    if (daemon[what] === other[what]) continue;
    // The kernel takes every id where its own is 0.
    const deaf = what === "id" ? [director, peer].filter((one) => one.syncDaemon?.id !== 0) : [director, peer];
    yield {
      at: daemon.at,
      also: [other.at],
      message: `the lvs_sync_daemon of ${director.name} has ${what} ${daemon[what]}, ${peer.name}'s has ${other[what]}: ${listed(deaf.map(({ name }) => name))} ${deaf.length === 1 ? "does" : "do"} not take the other's connections`,
      fix: `write the same ${what} on both directors`,
    };
  }
}
