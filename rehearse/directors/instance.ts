import { type Family, familyOf, type Ip, parseIp } from "../../lab/index.ts";
import { all, last, type Statement } from "../conf/tree.ts";
import { isOn } from "./settings.ts";

/** An address of an instance: keepalived.conf(5), "virtual_ipaddress". */
export interface VirtualAddress {
  readonly at: Statement;
  readonly address: Ip;
  /** As it is written; undefined: keepalived takes 32 or 128. */
  readonly prefixLength?: number;
}

/** An instance's use of a script, an interface, a process, a file or a BFD session: `track_script` and its like. */
export interface Track {
  readonly at: Statement;
  readonly kind: "script" | "interface" | "process" | "file" | "bfd";
  readonly name: string;
  /** Where this use has a weight of its own. */
  readonly weight?: number;
}

/** A vrrp_instance of keepalived.conf(5). */
export interface Instance {
  readonly name: string;
  readonly at: Statement;
  readonly block: readonly Statement[];
  readonly interface?: string;
  /** virtual_router_id; undefined if it has none that is a number. */
  readonly id?: number;
  readonly version: 2 | 3;
  readonly family: Family;
  readonly priority: number;
  readonly state: "MASTER" | "BACKUP";
  /** In seconds. */
  readonly advertInterval: number;
  readonly preempt: boolean;
  /** In seconds. */
  readonly preemptDelay: number;
  readonly addresses: readonly VirtualAddress[];
  /** virtual_ipaddress_excluded: held like the others, not told to the other directors. */
  readonly excluded: readonly VirtualAddress[];
  /** unicast_peer; undefined: it speaks to all by multicast. */
  readonly unicast?: { readonly at: Statement; readonly source?: Ip; readonly peers: readonly Ip[] };
  readonly authentication?: { readonly at: Statement; readonly type: "PASS" | "AH"; readonly password?: Statement };
  readonly strict: boolean;
  readonly tracks: readonly Track[];
}

/** The instances of a configuration, in its order. `settings`: the statements of its global_defs. */
export const instancesOf = (statements: readonly Statement[], settings: readonly Statement[]): Instance[] =>
  all(statements, "vrrp_instance").map((at) => instanceOf(at, settings));

function instanceOf(at: Statement, settings: readonly Statement[]): Instance {
  const block = at.block ?? [];
  const addresses = addressesIn(block, "virtual_ipaddress");
  const family: Family =
    (addresses[0] ? familyOf(addresses[0].address) : undefined) ?? (last(block, "native_ipv6") ? 6 : 4);
  const state = last(block, "state")?.words[0]?.toUpperCase() === "MASTER" ? "MASTER" : "BACKUP";
  const strict = last(block, "strict_mode") ?? last(settings, "vrrp_strict");
  const device = last(block, "interface")?.words[0] ?? last(settings, "default_interface")?.words[0];
  const id = numberOf(last(block, "virtual_router_id"));
  const authentication = authenticationIn(block);
  const unicast = unicastIn(block);
  return {
    ...{ name: at.words[0] ?? "", at, block, family, state, addresses },
    ...(device === undefined ? {} : { interface: device }),
    ...(id === undefined ? {} : { id }),
    ...(authentication ? { authentication } : {}),
    ...(unicast ? { unicast } : {}),
    version: versionOf(block, settings, family),
    priority: numberOf(last(block, "priority")) ?? 100,
    advertInterval: numberOf(last(block, "advert_int")) ?? 1,
    preempt: last(block, "nopreempt", "preempt")?.keyword !== "nopreempt",
    preemptDelay: numberOf(last(block, "preempt_delay")) ?? 0,
    excluded: addressesIn(block, "virtual_ipaddress_excluded"),
    strict: strict !== undefined && isOn(strict),
    tracks: tracksIn(block),
  };
}

/** VRRP's version: the instance's, or that of all, or 2; for IPv6 it is 3 (RFC 5798). */
function versionOf(block: readonly Statement[], settings: readonly Statement[], family: Family): 2 | 3 {
  const given = numberOf(last(block, "version")) ?? numberOf(last(settings, "vrrp_version"));
  return given === 3 || family === 6 ? 3 : 2;
}

const addressesIn = (block: readonly Statement[], keyword: string): VirtualAddress[] =>
  all(block, keyword)
    .flatMap(({ block: inside }) => inside ?? [])
    .flatMap((at) => {
      const [text = "", length] = at.keyword.split("/");
      const address = parseIp(text);
      if (address === undefined) return [];
      return [{ at, address, ...(length === undefined ? {} : { prefixLength: Number(length) }) }];
    });

function authenticationIn(block: readonly Statement[]): Instance["authentication"] {
  const at = last(block, "authentication");
  if (!at) return undefined;
  const password = last(at.block, "auth_pass");
  const type = last(at.block, "auth_type")?.words[0] === "AH" ? "AH" : "PASS";
  return { at, type, ...(password ? { password } : {}) };
}

function unicastIn(block: readonly Statement[]): Instance["unicast"] {
  const at = last(block, "unicast_peer");
  if (!at) return undefined;
  const source = parseIp(last(block, "unicast_src_ip", "mcast_src_ip")?.words[0] ?? "");
  const peers = all(block, "unicast_peer")
    .flatMap(({ block: inside }) => inside ?? [])
    .flatMap(({ keyword }) => parseIp(keyword) ?? []);
  return { at, peers, ...(source === undefined ? {} : { source }) };
}

/** What the statements of a block track, an instance's or a sync group's. */
export const tracksIn = (block: readonly Statement[]): Track[] =>
  (["script", "interface", "process", "file", "bfd"] as const).flatMap((kind) =>
    all(block, `track_${kind}`)
      .flatMap(({ block: inside }) => inside ?? [])
      .map((at) => {
        const place = at.words.indexOf("weight");
        const weight = place < 0 ? undefined : Number(at.words[place + 1]);
        return { at, kind, name: at.keyword, ...(weight === undefined || Number.isNaN(weight) ? {} : { weight }) };
      }),
  );

/** The number after a keyword; undefined if there is none. */
export function numberOf(statement: Statement | undefined): number | undefined {
  const text = statement?.words[0];
  const value = text === undefined || text === "" ? Number.NaN : Number(text);
  return Number.isNaN(value) ? undefined : value;
}
