import { defaultClient, defaultVersion, macOf } from "./defaults.ts";
import { forwardingMethods } from "./forwarding/index.ts";
import type { ForwardingMethod } from "./forwarding/method.ts";
import { type Cidr, contains, type Family, familyOf, type Ip, ofFamily, parseIp, parseSubnet } from "./ip.ts";
import { defaultPriority, type LabInput } from "./schema.ts";
import type { Path } from "./yaml/document.ts";

/** What may be left of a value when all that is invalid in shape is taken away: what was taken away leaves its key with undefined. */
type Draft<T> = T extends readonly (infer Item)[]
  ? readonly (Draft<Item> | undefined)[]
  : T extends object
    ? { readonly [K in keyof T]?: Draft<T[K]> | undefined }
    : T;

/** What is left of a lab file for rules to judge. A list keeps its length: an item's place in it is its path. */
export type LabDraft = Draft<LabInput>;
export type ServerDraft = NonNullable<NonNullable<LabDraft["servers"]>[number]>;
export type ServiceDraft = NonNullable<NonNullable<LabDraft["services"]>[number]>;
export type InstanceDraft = NonNullable<NonNullable<LabDraft["vrrp"]>[number]>;

/** What a lab file's own name says. */
export interface FileNames {
  /** The file's name without directory and extension. */
  readonly base: string;
}

export interface ServerAt {
  readonly index: number;
  readonly server: ServerDraft;
}

export const serversOf = (draft: LabDraft): ServerAt[] =>
  (draft.servers ?? []).flatMap((server, index) => (server ? [{ index, server }] : []));

export const nameOf = (draft: LabDraft, index: number): string => draft.servers?.[index]?.name ?? `servers[${index}]`;

/** The VRRP instances with their places; none where there are none. */
export const instancesOf = (draft: LabDraft): [number, InstanceDraft][] =>
  [...(draft.vrrp ?? []).entries()].flatMap(([index, instance]) => (instance ? [[index, instance]] : []));

/** The places of an instance's members that are to start as MASTER. */
export const masters = ({ members = [] }: InstanceDraft): number[] =>
  members.flatMap((each, index) => (each?.state === "MASTER" ? [index] : []));

export const priorityOf = (member: { readonly priority?: number | undefined }): number | undefined =>
  "priority" in member ? member.priority : defaultPriority;

/** Items for which an earlier one has the same value; those without a value are passed over. */
export function clashing<V extends string | number>(
  items: readonly (readonly [index: number, value: V | undefined])[],
): { index: number; value: V; earlier: number }[] {
  const firsts = new Map<V, number>();
  return items.flatMap(([index, value]) => {
    if (value === undefined) return [];
    const earlier = firsts.get(value);
    if (earlier === undefined) firsts.set(value, index);
    return earlier === undefined ? [] : [{ index, value, earlier }];
  });
}

export interface MacAt {
  /** Where the file gives it, else the addresses that it comes from. */
  readonly path: Path;
  /** The server's place. */
  readonly server: number;
  readonly mac: string;
  readonly written: boolean;
}

/** The MAC addresses of all interfaces, written or by default; those that are not known yet are passed over. */
export function macsOf(draft: LabDraft): MacAt[] {
  return serversOf(draft).flatMap(({ index, server }) =>
    (server.addresses ?? []).flatMap((text): MacAt[] => {
      const address = parseIp(text ?? "");
      const network = address === undefined ? -1 : networkAt(draft, address);
      // A MAC address comes from the interface's IPv4 address.
      if (address === undefined || network < 0 || familyOf(address) === 6) return [];
      const name = networkName(draft, network);
      const at = server.interfaces?.findIndex((each) => each?.network === name) ?? -1;
      const given = server.interfaces?.[at];
      const written = given !== undefined && "mac" in given;
      const mac = written ? given.mac?.toUpperCase() : macOf(address, network);
      const path: Path = written ? ["servers", index, "interfaces", at, "mac"] : ["servers", index, "addresses"];
      return mac === undefined ? [] : [{ path, server: index, mac, written }];
    }),
  );
}

/** The name of a network by its place; undefined while it is not known. */
export function networkName(draft: LabDraft, index: number): string | undefined {
  const network = draft.networks?.[index];
  return network && ("name" in network ? network.name : "segment");
}

/** The place of the network that an address lies in, or -1. */
export const networkAt = (draft: LabDraft, address: Ip): number =>
  (draft.networks ?? []).findIndex((network) =>
    network?.subnets?.some((text) => {
      const subnet = parseSubnet(text ?? "");
      return subnet !== undefined && contains(subnet, address);
    }),
  );

/** The places of the networks that a server has addresses in; undefined while one of its addresses is not known. */
export function networksOf(draft: LabDraft, { addresses: texts }: ServerDraft): number[] | undefined {
  const places = texts?.map((text) => {
    const address = parseIp(text ?? "");
    return address === undefined ? -1 : networkAt(draft, address);
  });
  return places === undefined || places.includes(-1) ? undefined : [...new Set(places)];
}

/** The default routes that the file gives, with their networks' places. */
export const defaultRoutes = (draft: LabDraft): { network: number; address: Ip }[] =>
  (draft.networks ?? []).flatMap((each, network) => {
    const address = parseIp(each?.defaultRoute ?? "");
    return address === undefined ? [] : [{ network, address }];
  });

/** The forwarding method of a service; undefined while it is not known. */
export function methodOf(service: ServiceDraft): ForwardingMethod | undefined {
  const name = "forwarding" in service ? service.forwarding : "dr";
  return name && forwardingMethods[name];
}

/** The servers that a service's packets go to: those that it lists, else every real server; and its sorry server. */
export function destinationsOf(draft: LabDraft, service: ServiceDraft): ServerAt[] {
  const listed = service.realServers?.map((each) => each?.server);
  const sorry = sorryNames(draft);
  return serversOf(draft).filter(({ server: { name = "", role } }) => {
    if (service.sorryServer?.server === name) return true;
    return listed ? listed.includes(name) : role === "real-server" && !sorry.includes(name);
  });
}

/** The names of the servers that answer for others. */
export const sorryNames = (draft: LabDraft): string[] =>
  servicesOf(draft).flatMap(([, { sorryServer }]) => sorryServer?.server ?? []);

export const servicesOf = (draft: LabDraft): [number, ServiceDraft][] =>
  [...(draft.services ?? []).entries()].flatMap(([index, service]) => (service ? [[index, service]] : []));

/** Undefined while one of them is not known. */
export function subnetsOf(draft: LabDraft): Cidr[] | undefined {
  const texts = (draft.networks ?? []).flatMap((network) => network?.subnets ?? [undefined]);
  const subnets = texts.flatMap((text) => parseSubnet(text ?? "") ?? []);
  return subnets.length === texts.length && subnets.length > 0 ? subnets : undefined;
}

/** The addresses in the order of the file that a list of texts has; those that are not known are passed over. */
const known = (texts: readonly (string | undefined)[] = []): Ip[] => texts.flatMap((text) => parseIp(text ?? "") ?? []);

/** The client's addresses, the first of which tells its network, and whether the file gives them. Undefined while the first is not known. */
export function clientOf(
  draft: LabDraft,
): { readonly address: Ip; readonly addresses: readonly Ip[]; readonly given: boolean } | undefined {
  const given = "client" in draft;
  const subnets = (draft.networks?.[0]?.subnets ?? []).flatMap((text) => parseSubnet(text ?? "") ?? []);
  const addresses = given
    ? known(draft.client?.addresses)
    : subnetsOf(draft) === undefined
      ? []
      : subnets.map(defaultClient);
  const [address] = addresses;
  return address === undefined || (given && draft.client?.addresses?.[0] !== address)
    ? undefined
    : { address, addresses, given };
}

/** Whether one of the addresses of a host is of that family and lies in the network; undefined while one of them is not known, or lies in none. */
export function hasAddress(
  draft: LabDraft,
  texts: readonly (string | undefined)[] | undefined,
  network: number,
  family: Family,
): boolean | undefined {
  const own = known(texts);
  if (texts === undefined || own.length < texts.length || own.some((one) => networkAt(draft, one) < 0))
    return undefined;
  return ofFamily(own, family).some((address) => networkAt(draft, address) === network);
}

/** The addresses of an instance: its own, or where the file gives none the VIPs of all services. Undefined: one that is not valid. */
export const addressTextsOf = (draft: LabDraft, instance: InstanceDraft): readonly (string | undefined)[] =>
  "addresses" in instance ? (instance.addresses ?? []) : (draft.services ?? []).map((service) => service?.vip);

/** An instance's first address; undefined while it is not known. */
function firstAddressOf(draft: LabDraft, instance: InstanceDraft): Ip | undefined {
  const [text] = addressTextsOf(draft, instance);
  return parseIp(text ?? "");
}

/** The family of an instance's addresses, by the first of them; undefined while it is not known. */
export function familyOfInstance(draft: LabDraft, instance: InstanceDraft): Family | undefined {
  const first = firstAddressOf(draft, instance);
  return first && familyOf(first);
}

/** An instance's version of VRRP, by default that of its family; undefined while it is not known. */
export function versionOf(draft: LabDraft, instance: InstanceDraft): 2 | 3 | undefined {
  if ("version" in instance) return instance.version;
  const first = firstAddressOf(draft, instance);
  return first === undefined ? 2 : defaultVersion(first);
}

export interface AddressAt {
  readonly path: Path;
  readonly address: Ip;
  readonly text: string;
}

/** Every address that the file gives, with its path. */
export function addresses(draft: LabDraft): AddressAt[] {
  const list = (path: Path, texts: readonly (string | undefined)[] = []): [Path, string | undefined][] =>
    texts.map((text, index) => [[...path, index], text]);
  const given: [Path, string | undefined][] = [
    ...(draft.networks ?? []).map((network, index): [Path, string | undefined] => [
      ["networks", index, "defaultRoute"],
      network?.defaultRoute,
    ]),
    ...list(["client", "addresses"], draft.client?.addresses),
    ...(draft.services ?? []).map((service, index): [Path, string | undefined] => [
      ["services", index, "vip"],
      service?.vip,
    ]),
    ...serversOf(draft).flatMap(({ index, server }) => list(["servers", index, "addresses"], server.addresses)),
  ];
  return given.flatMap(([path, text]) => {
    const address = parseIp(text ?? "");
    return text === undefined || address === undefined ? [] : [{ path, address, text }];
  });
}

/** Those that lie in a subnet, with it. */
export const placed = (draft: LabDraft): (AddressAt & { readonly subnet: Cidr })[] =>
  addresses(draft).flatMap((one) => {
    const subnet = subnetsOf(draft)?.find((each) => contains(each, one.address));
    return subnet ? [{ ...one, subnet }] : [];
  });

/** Every place where the file names a server, and the role that it must have. */
export function references(draft: LabDraft): { path: Path; name: string; role: "director" | "real-server" }[] {
  const named = (
    path: Path,
    list: readonly ({ server?: string | undefined } | undefined)[],
    role: "director" | "real-server",
  ) =>
    list.flatMap((each, index) =>
      each?.server === undefined ? [] : [{ path: [...path, index, "server"], name: each.server, role }],
    );
  return [
    ...(draft.services ?? []).flatMap((service, index) =>
      named(["services", index, "realServers"], service?.realServers ?? [], "real-server"),
    ),
    ...servicesOf(draft).flatMap(([index, { sorryServer }]) => {
      const path = ["services", index, "sorryServer", "server"];
      return sorryServer?.server === undefined
        ? []
        : [{ path, name: sorryServer.server, role: "real-server" as const }];
    }),
    ...instancesOf(draft).flatMap(([index, instance]) =>
      named(["vrrp", index, "members"], instance.members ?? [], "director"),
    ),
  ];
}

/** Names of the servers with a role; undefined while some server's role is not known, for then they cannot be counted. */
export function withRole(draft: LabDraft, role: "director" | "real-server"): string[] | undefined {
  const servers = draft.servers;
  if (!servers?.every((server) => server?.role !== undefined)) {
    return undefined;
  }
  return serversOf(draft)
    .filter(({ server }) => server.role === role)
    .map(({ index }) => nameOf(draft, index));
}
