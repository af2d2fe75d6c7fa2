import type { Director } from "../../rehearse/directors/director.ts";
import type { Track } from "../../rehearse/directors/track.ts";
import { isScript } from "../../rehearse/directors/tracked.ts";
import type { Dump, Reading } from "./keepalived-reads.ts";
import { isIn, type Release } from "./keepalived-releases.ts";

/** What a configuration says, by whoever has read it. */
export interface ConfigurationRead {
  readonly instances: Readonly<Record<string, Readonly<Record<string, unknown>>>>;
  readonly syncGroups: Readonly<Record<string, readonly string[]>>;
  readonly scripts: Readonly<Record<string, Readonly<Record<string, unknown>>>>;
  /** In keepalived's order, as `Reading` has them. */
  readonly realServers: readonly string[];
}

/** Our reader's view of a director that has a release of keepalived. */
export function readByUs(
  { instances, syncGroups, tracked, virtualServers }: Director,
  release: Release,
): ConfigurationRead {
  const words = isIn(release, "2.3.2") ? "newerWords" : "words";
  const tracks = [...instances, ...syncGroups].flatMap((one) => one.tracks);
  const used = tracked
    .filter(isScript)
    .filter(({ name }) => tracks.some((one) => one.kind === "script" && one.name === name));
  return {
    instances: Object.fromEntries(
      instances.map((one) => [
        one.name,
        {
          ...{ interface: one.interface, version: one.version, id: one.id, priority: one.priority },
          // What its members start as, a group decides.
          state: syncGroups.some(({ members }) => members.some(({ name }) => name === one.name))
            ? undefined
            : one.state,
          advertInterval: Math.round(one.advertInterval * 1000),
          ...{ preempt: one.preempt, preemptDelay: one.preemptDelay },
          password: one.authentication?.password?.words[0],
          peers: one.unicast?.peers ?? [],
          addresses: one.addresses.map(addressText),
          excluded: one.excluded.map(addressText),
          ...Object.fromEntries(kinds.map((kind) => [kind, tracksOf(one.tracks, kind)])),
        },
      ]),
    ),
    syncGroups: Object.fromEntries(syncGroups.map(({ name, members }) => [name, members.map((one) => one.name)])),
    scripts: Object.fromEntries(
      // It forgets those that nobody tracks.
      used.map(({ name, command, interval, timeout, rise, fall, weight }) => [
        name,
        {
          command: command?.[words].map((word) => `'${word}'`).join(" "),
          ...{ interval, timeout, rise, fall, weight },
        },
      ]),
    ),
    realServers: virtualServers.flatMap(({ at, key, realServers }) => {
      const [first = "", second = ""] = at.words;
      const protocol = / (TCP|UDP|SCTP)$/.exec(key)?.[1]?.toLowerCase();
      const service =
        first === "fwmark"
          ? `fwmark ${second}`
          : `[${first === "group" ? second : first}]:${first === "group" ? 0 : second || 0}/${protocol}`;
      return realServers.map(({ address, port }) => `${service} [${address}]:${port}`);
    }),
  };
}

const kinds = ["script", "interface", "process", "file"] as const;

const addressText = ({ address, prefixLength }: { address: string; prefixLength?: number }): string =>
  prefixLength === undefined || prefixLength === (address.includes(":") ? 128 : 32)
    ? address
    : `${address}/${prefixLength}`;

const tracksOf = (tracks: readonly Track[], kind: Track["kind"]): string[] =>
  tracks
    .filter((one) => one.kind === kind)
    .map(({ name, weight }) => (weight === undefined ? name : `${name} ${weight}`));

/** keepalived's view. What a track's weight is where it has none of its own, and what a group's members start as, it does not tell apart: those are left out. */
export function readByKeepalived(
  { dump, realServers }: Pick<Reading, "dump" | "realServers">,
  ours: ConfigurationRead,
): ConfigurationRead {
  const blocks = (kind: string) => dump.filter((one) => one.kind === kind);
  return {
    instances: Object.fromEntries(
      blocks("VRRP Instance").map(({ name, values, lists }) => [
        name,
        {
          interface: values.Interface,
          version: Number(values["VRRP Version"]),
          id: Number(values["Virtual Router ID"]),
          priority: Number(values.Priority),
          state: values["Sync group"] === undefined ? values.Wantstate : undefined,
          advertInterval: milliseconds(values["Advert interval"] ?? ""),
          preempt: values.Preempt === "enabled",
          preemptDelay: Number.parseFloat(values["Preempt delay"] ?? "0"),
          password: values.Password,
          peers: (lists["Unicast Peer"] ?? []).map(firstWord),
          addresses: (listOf(lists, /^Virtual IP \(/) ?? []).map(firstWord),
          excluded: (lists["Virtual IP Excluded"] ?? []).map(firstWord),
          ...Object.fromEntries(
            kinds.map((kind) => [
              kind,
              (lists[kind === "process" ? "Tracked processes" : `Tracked ${kind}s`] ?? []).map((line) =>
                trackText(line, (ours.instances[name]?.[kind] as readonly string[] | undefined) ?? []),
              ),
            ]),
          ),
        },
      ]),
    ),
    syncGroups: Object.fromEntries(
      blocks("VRRP Sync Group").map(({ name, lists }) => [name, lists["VRRP member instances"] ?? []]),
    ),
    scripts: Object.fromEntries(
      blocks("VRRP Script").map(({ name, values }) => [
        name,
        {
          command: values.Command,
          interval: Number.parseFloat(values.Interval ?? ""),
          timeout: Number.parseFloat(values.Timeout ?? "0") || Number.parseFloat(values.Interval ?? ""),
          ...{
            rise: Number(values.Rise),
            fall: Number(values.Fall),
            weight: Number.parseInt(values.Weight ?? "0", 10),
          },
        },
      ]),
    ),
    realServers,
  };
}

const firstWord = (line: string): string => line.split(" ")[0] ?? "";

const listOf = (lists: Dump[number]["lists"], key: RegExp) =>
  Object.entries(lists).find(([name]) => key.test(name))?.[1];

const milliseconds = (text: string): number =>
  Math.round(Number.parseFloat(text) * (text.includes("milli") ? 1 : 1000));

/** `NAME WEIGHT`, or `NAME` if that is all that the configuration says. */
function trackText(line: string, ours: readonly string[]): string {
  const [, name = "", weight = ""] = /^(\S+?),? weight (-?\d+)/.exec(line) ?? [];
  return ours.includes(name) ? name : `${name} ${weight}`;
}
