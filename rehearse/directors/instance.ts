import { type Family, familyOf, type Ip, parseIp } from "../../lab/index.ts";
import { all, last, type Statement } from "../conf/tree.ts";
import { prefixLengths } from "../conf/values.ts";
import { addressOptionsIn } from "./address-options.ts";
import { isOn } from "./settings.ts";
import { type Track, type Tracking, trackingIn } from "./track.ts";

/** An address of an instance: keepalived.conf(5), "virtual_ipaddress". */
export interface VirtualAddress {
  readonly at: Statement;
  readonly address: Ip;
  /** As it is written; undefined: keepalived takes 32 or 128. */
  readonly prefixLength?: number;
  /** The interface that it is put on, if it is not the instance's. */
  readonly device?: string;
}

/** A vrrp_instance of keepalived.conf(5), as vrrp_complete_instance() of keepalived's vrrp.c leaves it. */
export interface Instance {
  readonly name: string;
  readonly at: Statement;
  readonly block: readonly Statement[];
  readonly interface?: string;
  /** virtual_router_id; undefined if it has none that is a number. */
  readonly id?: number;
  readonly version: 2 | 3;
  readonly family: Family;
  /** 255: the owner of the addresses, also where `state MASTER` comes without a priority. */
  readonly priority: number;
  /** What it starts as. */
  readonly state: "MASTER" | "BACKUP";
  /** In seconds: whole ones in version 2. */
  readonly advertInterval: number;
  /** Whether it takes over from a master of lower priority. */
  readonly preempt: boolean;
  /** In seconds. */
  readonly preemptDelay: number;
  /** Whether it answers what is sent to its addresses; without, keepalived's packet filter drops it. */
  readonly accept: boolean;
  readonly addresses: readonly VirtualAddress[];
  /** virtual_ipaddress_excluded: held like the others, not told to the other directors. */
  readonly excluded: readonly VirtualAddress[];
  /** unicast_peer; undefined: it speaks to all by multicast. */
  readonly unicast?: Unicast;
  /** Where its multicasts go to, if the configuration says so. */
  readonly group?: string;
  /** As it is written. */
  readonly authentication?: { readonly at: Statement; readonly type?: "PASS" | "AH"; readonly password?: Statement };
  /** What its advertisements carry; undefined: none. */
  readonly authenticates?: "PASS" | "AH";
  readonly strict: boolean;
  readonly tracks: readonly Track[];
  /** What of its track_ blocks keepalived ignores. */
  readonly ignoredTracks: Tracking["ignored"];
}

/** The addresses that an instance holds: those that it tells the other directors, and the excluded ones. */
export const heldBy = ({ addresses, excluded }: Pick<Instance, "addresses" | "excluded">): VirtualAddress[] => [
  ...addresses,
  ...excluded,
];

/** An instance that sends its advertisements to a list of peers. */
export interface Unicast {
  readonly at: Statement;
  /** unicast_src_ip, or mcast_src_ip: keepalived takes either. */
  readonly source?: { readonly at: Statement; readonly address: Ip };
  readonly peers: readonly Ip[];
}

/** The priority of the owner of the addresses: RFC 5798, section 5.2.4. */
export const ownerPriority = 255;

/** The instances of a configuration, in its order. `settings`: the statements of its global_defs. */
export const instancesOf = (statements: readonly Statement[], settings: readonly Statement[]): Instance[] =>
  all(statements, "vrrp_instance")
    .filter(({ words }, index, ats) => ats.findIndex((at) => at.words[0] === words[0]) === index)
    .map((at) => instanceOf(at, settings, statements.slice(0, statements.indexOf(at))));

/** @param before what the configuration says before it */
function instanceOf(at: Statement, settings: readonly Statement[], before: readonly Statement[]): Instance {
  const block = at.block ?? [];
  const family = familyOfInstance(block);
  const strictMode = last(block, "strict_mode");
  const strict = strictMode ? isOn(strictMode) : last(settings, "vrrp_strict") !== undefined;
  const version = versionOf(block, settings, { family, strict });
  const given = givenState(block);
  const priority = priorityOf(block, given);
  const authentication = authenticationIn(block);
  const authenticates = strict || version === 3 || !authentication?.password ? undefined : authentication.type;
  const state = stateOf({ given, priority, strict, authenticates });
  const preempt = !(
    last(block, "nopreempt", "preempt")?.keyword === "nopreempt" &&
    state === "BACKUP" &&
    priority !== ownerPriority
  );
  const delayed = state === "BACKUP" && preempt && !strict;
  const device = last(block, "interface")?.words[0];
  const id = numberOf(last(block, "virtual_router_id"));
  const unicast = unicastIn(block, family);
  const group =
    last(block, "mcast_dst_ip")?.words[0] ??
    last(settings, family === 6 ? "vrrp_mcast_group6" : "vrrp_mcast_group4")?.words[0];
  const accept = last(block, "accept", "no_accept")?.keyword;
  const { tracks, ignored: ignoredTracks } = trackingIn(block, before);
  return {
    ...{ name: at.words[0] ?? "", at, block, family, version, priority, state, preempt, strict },
    ...(device === undefined ? {} : { interface: device }),
    ...(id === undefined ? {} : { id }),
    ...(authentication ? { authentication } : {}),
    ...(authenticates ? { authenticates } : {}),
    ...(unicast ? { unicast } : {}),
    ...(group === undefined || unicast ? {} : { group }),
    advertInterval: advertIntervalOf(block, version),
    preemptDelay: delayed ? (numberOf(last(block, "preempt_delay")) ?? 0) : 0,
    accept:
      priority === ownerPriority ||
      (accept === undefined ? !strict : accept === "accept" && !(strict && version === 2)),
    addresses: addressesIn(block, "virtual_ipaddress").filter(({ address }) => familyOf(address) === family),
    excluded: addressesIn(block, "virtual_ipaddress_excluded"),
    ...{ tracks, ignoredTracks },
  };
}

/** The family of the first statement that has an address; IPv4 if none does. */
function familyOfInstance(block: readonly Statement[]): Family {
  for (const { keyword, words, block: inside = [] } of block) {
    if (keyword === "native_ipv6") return 6;
    const text = ["mcast_src_ip", "unicast_src_ip", "mcast_dst_ip"].includes(keyword)
      ? words[0]
      : ["virtual_ipaddress", "unicast_peer"].includes(keyword)
        ? inside.find((line) => addressOf(line.keyword) !== undefined)?.keyword
        : undefined;
    const address = text === undefined ? undefined : addressOf(text);
    if (address !== undefined) return familyOf(address);
  }
  return 4;
}

/** An address, without a prefix length behind it: inet_stosockaddr() of keepalived's lib/utils.c. */
export const addressOf = (text: string): Ip | undefined => parseIp(text.split("/")[0] ?? "");

/**
 * VRRP's version: the instance's, or 3 for IPv6 (RFC 5798), or that of all, or 2. keepalived takes an instance's 2 for IPv6, too, unless it is strict:
 * vrrp_complete_instance() in its vrrp.c.
 */
function versionOf(
  block: readonly Statement[],
  settings: readonly Statement[],
  { family, strict }: Pick<Instance, "family" | "strict">,
): 2 | 3 {
  const given = numberOf(last(block, "version"));
  if (family === 6) return given === 2 && !strict ? 2 : 3;
  return (given ?? numberOf(last(settings, "vrrp_version"))) === 3 ? 3 : 2;
}

/** What `state` says: a MASTER stays one whatever `BACKUP` follows; an unknown word is BACKUP. */
function givenState(block: readonly Statement[]): Instance["state"] | undefined {
  let state: Instance["state"] | undefined;
  for (const { words } of all(block, "state"))
    if (words[0] === "MASTER") state = "MASTER";
    else if (words[0] !== "BACKUP" || state !== "MASTER") state = "BACKUP";
  return state;
}

function priorityOf(block: readonly Statement[], given: Instance["state"] | undefined): number {
  const statement = last(block, "priority");
  const number = numberOf(statement);
  if (!statement) return given === "MASTER" ? ownerPriority : 100;
  return number !== undefined && number >= 1 && number <= ownerPriority ? number : 100;
}

function stateOf({
  given,
  priority,
  strict,
  authenticates,
}: Pick<Instance, "priority" | "strict"> & {
  given: Instance["state"] | undefined;
  authenticates: Instance["authenticates"];
}): Instance["state"] {
  const owner = priority === ownerPriority;
  const state = given === undefined || strict ? (owner ? "MASTER" : "BACKUP") : given;
  return authenticates === "AH" && !owner ? "BACKUP" : state;
}

/** In seconds, rounded and cut as keepalived does: whole seconds up to 255 in version 2, hundredths up to 40.95 in version 3. */
function advertIntervalOf(block: readonly Statement[], version: 2 | 3): number {
  const given = numberOf(last(block, "advert_int"));
  const valid = given !== undefined && given >= 0.01 && given <= 255 ? given : 1;
  if (version === 2) return Math.max(1, Math.round(valid));
  return Math.min(40.95, Math.max(0.01, Math.round(valid * 100) / 100));
}

const addressesIn = (block: readonly Statement[], keyword: string): VirtualAddress[] =>
  all(block, keyword)
    .flatMap(({ block: inside }) => inside ?? [])
    .flatMap((at) => {
      const [text = "", length] = at.keyword.split("/");
      const address = parseIp(text);
      const device = at.words[at.words.indexOf("dev") + 1];
      if (address === undefined || addressOptionsIn(at.words).leftOut) return [];
      const prefixLength = length === undefined ? undefined : prefixLengths[familyOf(address)].taken(length);
      return [
        {
          ...{ at, address },
          ...(prefixLength === undefined ? {} : { prefixLength: Number(prefixLength) }),
          ...(at.words.includes("dev") && device !== undefined ? { device } : {}),
        },
      ];
    });

function authenticationIn(block: readonly Statement[]): Instance["authentication"] {
  const at = last(block, "authentication");
  if (!at) return undefined;
  const password = last(at.block, "auth_pass");
  const type = last(at.block, "auth_type")?.words[0];
  return { at, ...(type === "AH" || type === "PASS" ? { type } : {}), ...(password ? { password } : {}) };
}

/** Without a peer it is multicast: keepalived takes the other unicast keywords alone for a slip. */
function unicastIn(block: readonly Statement[], family: Family): Unicast | undefined {
  const at = last(block, "unicast_peer");
  const peers = all(block, "unicast_peer")
    .flatMap(({ block: inside }) => inside ?? [])
    .flatMap(({ keyword }) => addressOf(keyword) ?? [])
    .filter((address) => familyOf(address) === family);
  if (!at || peers.length === 0) return undefined;
  const source = last(block, "unicast_src_ip", "mcast_src_ip");
  const address = addressOf(source?.words[0] ?? "");
  return { at, peers, ...(source && address !== undefined ? { source: { at: source, address } } : {}) };
}

/** The number after a keyword; undefined if there is none. */
export function numberOf(statement: Statement | undefined): number | undefined {
  const text = statement?.words[0];
  const value = text === undefined || text === "" ? Number.NaN : Number(text);
  return Number.isNaN(value) ? undefined : value;
}
