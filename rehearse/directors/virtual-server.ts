import { type Family, familyOf, type Ip, parseIp } from "../../lab/index.ts";
import { all, last, type Statement } from "../conf/tree.ts";
import { addressIn, schedulers } from "../conf/values.ts";
import { type AddressRange, entryOf, isRefusal } from "./address-range.ts";
import { type Check, type CheckTimes, checksIn, type LeftOut, leftOutIn, timesIn } from "./check.ts";
import { endpointOf } from "./endpoint.ts";
import { numberOf } from "./instance.ts";
import { isOn } from "./settings.ts";

/** How IPVS forwards to a real server: keepalived.conf(5), lvs_method. */
export type Method = "NAT" | "DR" | "TUN";

/** A real_server of keepalived.conf(5). What its virtual server sets for all is filled in. */
export interface RealServer {
  readonly at: Statement;
  readonly block: readonly Statement[];
  readonly address: Ip;
  /** As it is written; 0: none. */
  readonly port: number;
  /** The port in the kernel's table; 0: that of the packet. Only NAT can change the port: validate_check_config() in check_data.c. */
  readonly portInTable: number;
  readonly weight: number;
  readonly method: Method;
  /** inhibit_on_failure: a failure takes away the weight, not the server. */
  readonly inhibit: boolean;
  readonly checks: readonly Check[];
  /** The checks that keepalived leaves out. */
  readonly leftOut: readonly LeftOut[];
}

/** A sorry_server of keepalived.conf(5). */
export interface SorryServer {
  readonly at: Statement;
  readonly address: Ip;
  /** As it is written; 0: none. */
  readonly port: number;
  readonly method: Method;
}

/** A virtual_server of keepalived.conf(5). */
export interface VirtualServer {
  readonly at: Statement;
  readonly block: readonly Statement[];
  /** What it is called in messages: the words of its first line. */
  readonly name: string;
  readonly kind: "address" | "fwmark" | "group";
  /** What packets it takes, with canonical addresses, and its protocol: equal services have equal keys. */
  readonly key: string;
  /** The addresses that it serves; of a group, all of its. Empty for a firewall mark. */
  readonly ranges: readonly AddressRange[];
  /** The firewall mark of the packets that it takes; not there: it goes by addresses. */
  readonly mark?: number;
  /** The lines of its group that keepalived takes; of none, empty. */
  readonly entries: readonly Statement[];
  /**
   * Why keepalived leaves the virtual server of a group out: there is no such group, or nothing in it that it takes; or the group has addresses of another
   * family than the servers. It has no ranges then.
   */
  readonly leftOut?: "no group" | "families";
  /** That of its addresses; of a firewall mark and a group, that of its servers. Undefined: they are reached by tunnel, and may be of both. */
  readonly family?: Family;
  /** Of a group: the families of its entries, where they have any. */
  readonly groupFamilies: readonly Family[];
  /** Of a service by firewall mark, undefined: it takes all. */
  readonly protocol?: "TCP" | "UDP" | "SCTP";
  readonly scheduler: string;
  readonly method: Method;
  /** In seconds; 0: clients are not tied to a real server. */
  readonly persistence: number;
  /** In seconds. */
  readonly delayLoop: number;
  readonly quorum: number;
  readonly hysteresis: number;
  readonly sorryServer?: SorryServer;
  readonly realServers: readonly RealServer[];
}

/** IPVS_SVC_PERSISTENT_TIMEOUT of keepalived's libipvs.h, in seconds. */
const defaultPersistence = 360;

/** vs->connection_to and KEEPALIVED_DEFAULT_DELAY of keepalived's check_data.c, in seconds. */
const defaultTimes = { connectTimeout: 5, delayLoop: 60 };

/** The virtual servers of a configuration, in its order, as keepalived's check_parser.c and check_data.c read them. */
export const virtualServersOf = (statements: readonly Statement[]): VirtualServer[] =>
  all(statements, "virtual_server")
    .filter(({ words }) => ["fwmark", "group"].includes(words[0] ?? "") || endpointOf(words))
    .map((at) => virtualServerOf(at, statements));

function virtualServerOf(at: Statement, statements: readonly Statement[]): VirtualServer {
  const block = at.block ?? [];
  const [first = "", second = ""] = at.words;
  const kind = first === "fwmark" || first === "group" ? first : "address";
  const entries = kind === "group" ? entriesOf(second, statements) : [];
  const ranges = [...(kind === "address" ? [lineOf(at)] : []), ...entries].flatMap(rangesIn);
  const marksAlone = kind === "fwmark" || (kind === "group" && ranges.length === 0);
  const protocol = marksAlone ? undefined : (protocolIn(block) ?? "UDP");
  const method = methodIn(block, "lb_kind", "lvs_method") ?? "NAT";
  const times = { ...defaultTimes, ...timesIn(block) };
  const port = kind === "address" ? Number(second || 0) : 0;
  // Words behind the port are ignored: vs_handler() in check_parser.c.
  const own = kind === "address" ? `${first} ${second || 0}` : `${first} ${second}`;
  const weight = numberOf(last(block, "weight")) ?? 1;
  const before = statements.slice(0, statements.indexOf(at));
  const written = all(block, "real_server").flatMap((one) =>
    realServerOf(one, { method, times, port, kind, weight, block, before }),
  );
  const sorry = sorryServerIn(block, method);
  const family =
    kind === "address"
      ? ranges[0] && familyOf(ranges[0].first)
      : familyIn(block, [...written, ...(sorry ? [sorry] : [])]);
  const isTaken = (server: RealServer | SorryServer) => server.method === "TUN" || familyOf(server.address) === family;
  const groupFamilies = [...new Set(entries.flatMap(familiesIn))];
  const leftOut = kind === "group" ? whyLeftOut(entries, groupFamilies, family) : undefined;
  const services = kind === "group" ? entries.map(({ text }) => text) : [own];
  return {
    ...{ at, block, kind, method, entries, groupFamilies },
    ...(leftOut === undefined ? {} : { leftOut }),
    ...(family === undefined ? {} : { family }),
    ranges: leftOut === undefined ? ranges : [],
    name: at.words.join(" "),
    key: `${services.map(canonicalWords).sort().join(", ")} ${protocol ?? "any protocol"}`,
    ...(kind === "fwmark" ? { mark: Number(second) } : {}),
    ...(protocol ? { protocol } : {}),
    scheduler:
      all(block, "lb_algo", "lvs_sched")
        .map(({ words }) => words[0] ?? "")
        .findLast((word) => schedulers.includes(word)) ?? "wlc",
    persistence: persistenceIn(block, ranges),
    delayLoop: times.delayLoop,
    quorum: numberOf(last(block, "quorum")) ?? 1,
    hysteresis: numberOf(last(block, "hysteresis")) ?? 0,
    ...(sorry && isTaken(sorry) ? { sorryServer: sorry } : {}),
    realServers: written.filter(isTaken),
  };
}

/** The family that the first line of a virtual server gives it which has one: ip_family, or a server that is not reached by tunnel. */
function familyIn(block: readonly Statement[], servers: readonly (RealServer | SorryServer)[]): Family | undefined {
  const direct = servers.filter(({ method }) => method !== "TUN");
  for (const line of block.filter(({ keyword }) => keyword !== "sorry_server")) {
    const server = direct.find(({ at }) => at === line);
    if (server) return familyOf(server.address);
    const own = line.keyword === "ip_family" ? familyWords[line.words[0] ?? ""] : undefined;
    if (own !== undefined) return own;
  }
  // The sorry server counts at the end of the block.
  const sorry = direct.find(({ at }) => at.keyword === "sorry_server");
  return sorry && familyOf(sorry.address);
}

const familyWords: Readonly<Record<string, Family>> = { inet: 4, inet6: 6 };

/** The family of an entry of a group; a firewall mark need not have one. */
function familiesIn(entry: Statement): Family[] {
  const [range] = rangesIn(entry);
  const marked = entry.keyword === "fwmark" ? familyWords[entry.words[1] ?? ""] : undefined;
  const family = range ? familyOf(range.first) : marked;
  return family === undefined ? [] : [family];
}

/** Why keepalived leaves the virtual server of a group out: link_vsg_to_vs() in its ipwrapper.c. */
function whyLeftOut(
  entries: readonly Statement[],
  families: readonly Family[],
  family: Family | undefined,
): VirtualServer["leftOut"] {
  if (entries.length === 0) return "no group";
  const fits = family === undefined || families.every((one) => one === family);
  return fits ? undefined : "families";
}

/** The last one, with the method that is written behind it: ss_forwarding_handler() in keepalived's check_parser.c. */
function sorryServerIn(block: readonly Statement[], method: Method): SorryServer | undefined {
  const at = all(block, "sorry_server").findLast(({ words }) => endpointOf(words));
  const endpoint = at && endpointOf(at.words);
  if (!endpoint) return undefined;
  const own = methodIn(block.slice(block.indexOf(at)), "sorry_server_lvs_method") ?? method;
  return { at, ...endpoint, method: own };
}

/** What real servers take from their virtual server. */
interface Given {
  readonly method: Method;
  readonly weight: number;
  readonly times: CheckTimes & typeof defaultTimes;
  readonly port: number;
  readonly kind: VirtualServer["kind"];
  readonly block: readonly Statement[];
  /** What the configuration says before it. */
  readonly before: readonly Statement[];
}

/** The real server; none if keepalived does not take its address or port. */
function realServerOf(at: Statement, given: Given): RealServer[] {
  const endpoint = endpointOf(at.words);
  if (!endpoint) return [];
  const { address, port } = endpoint;
  const block = at.block ?? [];
  const method = methodIn(block, "lvs_method") ?? given.method;
  const inhibit = last(block, "inhibit_on_failure") ?? last(given.block, "inhibit_on_failure");
  const asked = { address, port, before: given.before };
  const leftOut = leftOutIn(block, asked);
  const server: RealServer = {
    ...{ at, block, address, port, method },
    portInTable: portInTable(port, method, given),
    weight: numberOf(last(block, "weight")) ?? given.weight,
    inhibit: inhibit !== undefined && isOn(inhibit),
    checks: checksIn(block, { ...given.times, ...timesIn(block) }, given.times.delayLoop, asked, leftOut),
    leftOut,
  };
  return [server];
}

function portInTable(port: number, method: Method, given: Given): number {
  if (given.kind === "group") return port;
  if (method === "NAT") return port === 0 && given.kind === "address" ? given.port : port;
  return given.kind === "fwmark" ? 0 : given.port;
}

function methodIn(block: readonly Statement[], ...keywords: string[]): Method | undefined {
  const words = all(block, ...keywords).map(({ words: [word] }) => word);
  return words.findLast((word): word is Method => word === "NAT" || word === "DR" || word === "TUN");
}

function protocolIn(block: readonly Statement[]): VirtualServer["protocol"] {
  const words = all(block, "protocol").map(({ words: [word = ""] }) => word.toUpperCase());
  return words.findLast((word) => word === "TCP" || word === "UDP" || word === "SCTP");
}

function persistenceIn(block: readonly Statement[], ranges: readonly AddressRange[]): number {
  const values = all(block, "persistence_timeout").map((at) =>
    at.words.length === 0 ? defaultPersistence : (numberOf(at) ?? 0),
  );
  const given = values.findLast((value) => value > 0);
  // Without a port only a persistent service is possible.
  const needed = last(block, "persistence_granularity") !== undefined || ranges.some(({ port }) => port === 0);
  return given ?? (needed ? defaultPersistence : 0);
}

/** The first address of each range that a virtual server serves. */
export const servedAddresses = ({ ranges }: Pick<VirtualServer, "ranges">): Ip[] => ranges.map(({ first }) => first);

/**
 * What keepalived takes of the first group of a name: ipvs_get_group_by_name() in its ipwrapper.c. It removes those in which there is nothing, and those of
 * both families with a firewall mark of none: vsg_handler() in check_parser.c.
 */
function entriesOf(name: string, statements: readonly Statement[]): Statement[] {
  const groups = all(statements, "virtual_server_group").filter(({ words }) => words[0] === name);
  const taken = groups.map(({ block }) => (block ?? []).filter((at) => !isRefusal(entryOf(at))));
  return taken.find((entries) => entries.length > 0 && !isMixed(entries)) ?? [];
}

/** Whether entries are of both families, and one is a firewall mark of none. */
export const isMixed = (entries: readonly Statement[]): boolean =>
  new Set(entries.flatMap(familiesIn)).size > 1 && entries.some((one) => familiesIn(one).length === 0);

function rangesIn(entry: Statement): AddressRange[] {
  const made = entryOf(entry);
  return made === "fwmark" || isRefusal(made) ? [] : [made];
}

/** The first line of a virtual server as an entry of a group has it, `ADDRESS PORT`; it has no range. */
const lineOf = (at: Statement): Statement => ({
  ...at,
  keyword: addressIn(at.words[0] ?? "") ?? "",
  words: at.words.slice(1),
});

const canonicalWords = (text: string): string =>
  text
    .split(/[ \t]+/)
    .map(canonical)
    .join(" ");

const canonical = (text: string): Ip | string => parseIp(text) ?? text;
