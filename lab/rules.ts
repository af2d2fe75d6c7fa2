import { forwardingMethods } from "./forwarding/index.ts";
import type { ForwardingMethod } from "./forwarding/method.ts";
import {
  addressAt,
  type Cidr,
  contains,
  familyOf,
  firstAddress,
  firstHost,
  type Ip,
  lastAddress,
  lastHost,
  parseIp,
  parseSubnet,
} from "./ip.ts";
import { defaultPriority, defaultVirtualRouterId, type LabInput, labName, labNameExpected } from "./schema.ts";
import type { Path } from "./yaml/document.ts";
import type { Rule } from "./yaml/rules.ts";

/** What may be left of a value when all that is invalid in shape is taken away: what was taken away leaves its key with undefined. */
type Draft<T> = T extends readonly (infer Item)[]
  ? readonly (Draft<Item> | undefined)[]
  : T extends object
    ? { readonly [K in keyof T]?: Draft<T[K]> | undefined }
    : T;

/** What is left of a lab file for rules to judge. A list keeps its length: an item's place in it is its path. */
export type LabDraft = Draft<LabInput>;
type ServerDraft = NonNullable<NonNullable<LabDraft["servers"]>[number]>;
type ServiceDraft = NonNullable<NonNullable<LabDraft["services"]>[number]>;
type InstanceDraft = NonNullable<NonNullable<LabDraft["vrrp"]>[number]>;

/** What a lab file's own name says. */
interface FileNames {
  /** The file's name without directory and extension. */
  readonly base: string;
}

/** How many directors each kind of control takes. */
const directorCounts = {
  ipvsadm: { min: 1, max: 1 },
  keepalived: { min: 2, max: Number.POSITIVE_INFINITY },
};

/** The lists that may have one item only, so far, with what an item is. */
function listsOfOne(draft: LabDraft): [path: Path, what: string, list: readonly unknown[] | undefined][] {
  return [
    ...(draft.networks ?? []).map((network, index): [Path, string, readonly unknown[] | undefined] => [
      ["networks", index, "subnets"],
      "subnet in a network",
      network?.subnets,
    ]),
    [["client", "addresses"], "address of the client", draft.client?.addresses],
  ];
}

/** keepalived's name of a VRRP instance that the file gives none, by its place. */
export const defaultInstanceName = (index: number): string => `VI_${index + 1}`;

/** What tells a service from others in the IPVS table: protocol, VIP and port. Undefined while one is not known. */
const serviceKey = (service: ServiceDraft): string | undefined => {
  const port = "port" in service ? service.port : 80;
  const protocol = "protocol" in service ? service.protocol : "tcp";
  if (service.vip === undefined || port === undefined || protocol === undefined) return undefined;
  return `${service.vip}:${port}${protocol === "udp" ? "/udp" : ""}`;
};

/** The lab host's address in a subnet: libvirt gives a network's bridge the first one. */
export const hostAddressOf = (subnet: Cidr): Ip => firstHost(subnet);

/** The client's address where the file names none: out of the way of servers, which count from the start. */
export const defaultClient = (subnet: Cidr): Ip => lastHost(subnet, 4);

/**
 * The MAC address of an interface that the file gives none: QEMU's prefix, a byte for the network, which counts down from FE, and the address's
 * last two. Upper case, or libvirt's provider sees a change on every `up`.
 * @param network its index in the lab
 */
export function macOf(address: Ip, network: number): string {
  const hex = (octet: number) => octet.toString(16).padStart(2, "0");
  const [third = 0, fourth = 0] = address.split(".").slice(2).map(Number);
  return `52:54:00:${hex(0xfe - network)}:${hex(third)}:${hex(fourth)}`.toUpperCase();
}

/** The rules that look at more than one property, by the name that a problem carries. */
export const rules: Record<string, Rule<LabDraft, FileNames>> = {
  *"lab-name"(draft, { base }) {
    if (!("name" in draft) && !labName.test(base)) {
      yield {
        path: ["name"],
        expected: `${labNameExpected}, which the file's name is not`,
        found: base,
        remedy: "give the lab a name, such as `name: ha`, or rename the file",
      };
    }
  },

  *"one-so-far"(draft) {
    for (const [path, what, list = []] of listsOfOne(draft)) {
      if (list.length > 1) {
        yield {
          path: [...path, 1],
          expected: `one ${what} so far`,
          found: String(list.length),
          remedy: "remove this one",
        };
      }
    }
  },

  *"duplicate-name"(draft) {
    for (const { index, value, earlier } of clashing(
      serversOf(draft).map(({ index, server }) => [index, server.name]),
    )) {
      yield {
        path: ["servers", index, "name"],
        expected: "a name that no other server has",
        found: `${value}, which servers[${earlier}] has`,
        remedy: "choose another name",
        other: ["servers", earlier, "name"],
      };
    }
  },

  *"name-of-a-network"(draft) {
    for (const { index, server } of serversOf(draft)) {
      const network = (draft.networks ?? []).findIndex((each) => each?.name !== undefined && each.name === server.name);
      if (network >= 0) {
        yield {
          path: ["servers", index, "name"],
          expected: "a name that no network has",
          remedy: "choose another name: faults are injected into servers and networks by their names",
          other: ["networks", network, "name"],
        };
      }
    }
  },

  *"duplicate-address"(draft) {
    const given = addresses(draft).filter(({ path }) => path[0] === "servers");
    for (const { index, earlier } of clashing(given.map(({ address }, at) => [at, address]))) {
      const [one, other] = [given[index], given[earlier]];
      if (!one || !other) continue;
      yield {
        path: one.path,
        expected: "an address that no other server has",
        found: `${one.text}, which ${nameOf(draft, Number(other.path[1]))} has`,
        remedy: "choose another address",
        other: other.path,
      };
    }
  },

  *"duplicate-mac"(draft) {
    const macs = macsOf(draft);
    for (const { index, value, earlier } of clashing(macs.map(({ mac }, at) => [at, mac] as const))) {
      // Of two, the one to change is the one that was written: a default comes from the address.
      const [one, other] = macs[index]?.written ? [macs[index], macs[earlier]] : [macs[earlier], macs[index]];
      if (!one || !other) continue;
      yield {
        path: one.path,
        expected: "a MAC address that no other interface has",
        found: `${value}, which ${nameOf(draft, other.server)} has`,
        remedy: "choose another, or leave it out: it then comes from the address",
        other: other.path,
      };
    }
  },

  *"outside-subnet"(draft) {
    const subnets = subnetsOf(draft);
    for (const { path, address, text } of subnets ? addresses(draft) : []) {
      const [subnet] = subnets ?? [];
      if (subnet && !subnets?.some((each) => contains(each, address))) {
        yield {
          path,
          expected: `an address in a network's subnet, ${subnets?.join(" or ")}`,
          found: text,
          remedy: `choose one from ${range(subnet)}`,
          other: ["networks", 0, "subnets", 0],
        };
      }
    }
  },

  *"not-a-host-address"(draft) {
    for (const { path, address, text, subnet } of placed(draft)) {
      if (familyOf(address) === 4 && (address === firstAddress(subnet) || address === lastAddress(subnet))) {
        yield {
          path,
          expected: "an address that a host may have",
          found: `${text}, the subnet's ${address === firstAddress(subnet) ? "network" : "broadcast"} address`,
          remedy: `choose one from ${range(subnet)}`,
        };
      }
    }
  },

  *"gateway-address"(draft) {
    for (const { path, address, text, subnet } of placed(draft)) {
      if (address === hostAddressOf(subnet)) {
        yield {
          path,
          expected: "an address of its own",
          found: `${text}, the lab host's bridge`,
          remedy: "choose another: the bridge always has the subnet's first address",
        };
      }
    }
  },

  *"client-address"(draft) {
    const client = clientOf(draft);
    for (const { path, address, text } of addresses(draft)) {
      if (client && address === client.address && path[0] !== "client") {
        yield {
          path,
          expected: "an address of its own",
          found: `${text}, the client's${client.given ? "" : " unless `client` says otherwise"}`,
          remedy: `choose another address here, or ${client.given ? "another" : "one"} for the client`,
          ...(client.given && { other: ["client", "addresses", 0] }),
        };
      }
    }
  },

  *"vip-of-a-server"(draft) {
    const given = addresses(draft);
    for (const { path, address, text } of given.filter(({ path: [key] }) => key === "services")) {
      const owner = given.find(({ path: [key], address: own }) => key === "servers" && own === address);
      if (owner) {
        yield {
          path,
          expected: "an address that no host has of its own",
          found: `${text}, which ${nameOf(draft, Number(owner.path[1]))} has`,
          remedy: "choose a free address of the subnet: the director takes it beside its own",
          other: owner.path,
        };
      }
    }
  },

  *"image-of-two-kinds"(draft) {
    if (draft.image?.url !== undefined && draft.image.packages === "baked") {
      yield {
        path: ["image", "url"],
        atKey: true,
        expected: "no url with `packages: baked`, which is an image that is built",
        remedy: "remove one of the two: packages reach a cloud image over SSH",
        other: ["image", "packages"],
      };
    }
  },

  *"baked-manual-lab"(draft) {
    if (draft.setup === "manual" && draft.image?.packages === "baked") {
      yield {
        path: ["image", "packages"],
        expected: "plain with `setup: manual`: to install the packages is part of the exercise",
        remedy: "write `packages: plain`, or leave it out",
        other: ["setup"],
      };
    }
  },

  *directors(draft) {
    const names = withRole(draft, "director");
    const { control } = draft;
    if (control === undefined || names === undefined) {
      return;
    }
    const { min, max } = directorCounts[control];
    if (names.length < min || names.length > max) {
      yield {
        path: ["servers"],
        expected: `${max === min ? `exactly ${min}` : `${min} or more`} with \`role: director\` where ${control} is in control`,
        found: names.length === 0 ? "none" : `${names.length}: ${names.join(", ")}`,
        remedy:
          names.length < min ? "give one more server `role: director`" : "keep one, or write `control: keepalived`",
      };
    }
  },

  *"real-servers"(draft) {
    if (withRole(draft, "real-server")?.length === 0) {
      yield {
        path: ["servers"],
        expected: "1 or more with `role: real-server`",
        found: "none",
        remedy: "add a server with `role: real-server`; the textbook has two, so that balancing is seen",
      };
    }
  },

  *"unknown-server"(draft) {
    if (!draft.servers?.every((server) => server?.name !== undefined)) return;
    for (const { path, name, role } of references(draft)) {
      const found = serversOf(draft).find(({ server }) => server.name === name);
      if (found && found.server.role === undefined) continue;
      const names = serversOf(draft).flatMap(({ server }) => (server.role === role ? [server.name] : []));
      if (found?.server.role !== role) {
        yield {
          path,
          expected: `the name of a server with \`role: ${role}\``,
          found: found ? `${name}, a ${found.server.role?.replace("-", " ")}` : name,
          remedy: names.length > 0 ? `choose one of ${names.join(", ")}` : `add a server with \`role: ${role}\``,
        };
      }
    }
  },

  *"named-twice"(draft) {
    const named = references(draft);
    const inList = named.map(({ path, name }, at) => [at, `${path.slice(0, -2).join(".")} ${name}`] as const);
    for (const { index, earlier } of clashing(inList)) {
      yield {
        path: named[index]?.path ?? [],
        expected: "each server once",
        found: `${named[index]?.name} a second time`,
        remedy: "remove one of the two",
        other: named[earlier]?.path ?? [],
      };
    }
  },

  *"real-server-without-service"(draft) {
    const services = draft.services ?? [];
    if (services.length === 0 || services.some((service) => service?.realServers === undefined)) return;
    const named = new Set(services.flatMap((service) => service?.realServers?.map((each) => each?.server) ?? []));
    if (named.has(undefined)) return;
    for (const { index, server } of serversOf(draft)) {
      if (server.role === "real-server" && server.name !== undefined && !named.has(server.name)) {
        yield {
          path: ["servers", index, "role"],
          expected: "every real server in a service's `realServers`",
          found: `${server.name} in none`,
          remedy: `add \`- { server: ${server.name} }\` there, or leave \`realServers\` out for all of them`,
          other: ["services", 0, "realServers"],
        };
      }
    }
  },

  *"no-weight"(draft) {
    for (const [index, service] of (draft.services ?? []).entries()) {
      const list = service?.realServers ?? [];
      if (list.length > 0 && list.every((each) => each?.weight === 0)) {
        yield {
          path: ["services", index, "realServers", 0, "weight"],
          expected: "a weight above 0 on one real server at least: a weight of 0 gets no new connections",
          found: "0 on all of them",
          remedy: "write `weight: 1`, or leave it out",
        };
      }
    }
  },

  *"arp-cure-of-a-director"(draft) {
    for (const { index, server } of serversOf(draft)) {
      if (server.role === "director" && server.arpCure !== undefined) {
        yield {
          path: ["servers", index, "arpCure"],
          atKey: true,
          expected: "arpCure on a real server only",
          found: `it on ${nameOf(draft, index)}, a director`,
          remedy: "remove it: a director is to answer for the VIP",
        };
      }
    }
  },

  *"keepalived-only"(draft) {
    if (draft.control !== "ipvsadm") {
      return;
    }
    const paths: Path[] = [
      ...(draft.vrrp === undefined ? [] : [["vrrp"]]),
      ...(draft.services ?? []).flatMap((service, index) =>
        service?.healthCheck === undefined ? [] : [["services", index, "healthCheck"]],
      ),
    ];
    for (const path of paths) {
      yield {
        path,
        atKey: true,
        expected: `no ${String(path.at(-1))} with \`control: ipvsadm\`, which has no keepalived`,
        found: "it",
        remedy: "remove it, or write `control: keepalived`",
        other: ["control"],
      };
    }
  },

  *"no-instance"(draft) {
    if (draft.control === "keepalived" && !("vrrp" in draft)) {
      yield {
        path: ["vrrp"],
        expected: "a VRRP instance with `control: keepalived`: the directors elect one of them to hold the VIP",
        found: "nothing",
        remedy: "write `vrrp:` and, indented under it, `- members:` with the directors and their priorities",
        other: ["control"],
      };
    }
  },

  *"director-without-instance"(draft) {
    for (const [index, instance] of instancesOf(draft)) {
      const members = instance.members?.map((each) => each?.server);
      if (!members?.every((name) => name !== undefined)) continue;
      for (const { name, role } of serversOf(draft).map(({ server }) => server)) {
        if (role === "director" && name !== undefined && !members.includes(name)) {
          yield {
            path: ["vrrp", index, "members"],
            expected: "every director",
            found: `not ${name}`,
            remedy: `add \`- { server: ${name}, priority: … }\``,
          };
        }
      }
    }
  },

  *"vip-of-no-service"(draft) {
    const vips = (draft.services ?? []).map((service) => service?.vip);
    const routes = (draft.networks ?? []).map((network) => network?.defaultRoute);
    for (const [index, instance] of instancesOf(draft)) {
      for (const [at, address] of (instance.addresses ?? []).entries()) {
        if (address !== undefined && ![...vips, ...routes].includes(address) && !vips.includes(undefined)) {
          yield {
            path: ["vrrp", index, "addresses", at],
            expected: "the VIP of a service, or the default route of a network",
            remedy: `choose one of ${vips.join(", ")}`,
          };
        }
      }
    }
  },

  *"duplicate-service"(draft) {
    const keys = (draft.services ?? []).map((service, index) => [index, service && serviceKey(service)] as const);
    for (const { index, value, earlier } of clashing(keys)) {
      yield {
        path: ["services", index, "vip"],
        expected: "a protocol, VIP and port that no other service has",
        found: `${value}, which services[${earlier}] has`,
        remedy: "choose another port or another VIP",
        other: ["services", earlier, "vip"],
      };
    }
  },

  *"duplicate-service-name"(draft) {
    const names = (draft.services ?? []).map((service, index) => [index, service?.name] as const);
    for (const { index, value, earlier } of clashing(names)) {
      yield {
        path: ["services", index, "name"],
        expected: "a name that no other service has",
        found: `${value}, which services[${earlier}] has`,
        remedy: "choose another name, or leave it out for VIP:PORT",
        other: ["services", earlier, "name"],
      };
    }
  },

  *"page-of-two-kinds"(draft) {
    const pages = (draft.services ?? []).flatMap((service, at) =>
      (service?.realServers ?? []).flatMap((real, index) =>
        real?.server === undefined || !("page" in real) || real.page === undefined
          ? []
          : [{ path: ["services", at, "realServers", index, "page"], server: real.server, page: real.page }],
      ),
    );
    for (const { path, server, page } of pages) {
      const first = pages.find((one) => one.server === server);
      if (first && first.page !== page) {
        yield {
          path,
          expected: `the page that ${server} serves for every service`,
          remedy: "write it once: a real server has one page, whatever the service",
          other: first.path,
        };
      }
    }
  },

  *"instance-without-addresses"(draft) {
    const instances = instancesOf(draft);
    for (const [index, instance] of instances.length > 1 ? instances : []) {
      if (!("addresses" in instance)) {
        yield {
          path: ["vrrp", index, "addresses"],
          expected: "the VIPs of this instance, where there are several instances",
          found: "nothing",
          remedy: "write `addresses: [172.25.254.100]`: each VIP in one instance",
        };
      }
    }
  },

  *"vip-without-instance"(draft) {
    const instances = instancesOf(draft);
    const all = instances.map(([, { addresses }]) => addresses);
    if (all.length === 0 || all.some((list) => list === undefined || list.includes(undefined))) return;
    const vips = (draft.services ?? []).map((service) => service?.vip);
    for (const [index, service] of (draft.services ?? []).entries()) {
      const routes = (draft.networks ?? []).map((network) => network?.defaultRoute);
      const known = all.every((list) => list?.every((address) => [...vips, ...routes].includes(address)));
      if (service?.vip !== undefined && known && !all.some((list) => list?.includes(service.vip))) {
        yield {
          path: ["services", index, "vip"],
          expected: "a VIP of a VRRP instance",
          remedy: "add it to the `addresses` of one",
          other: ["vrrp", 0, "addresses"],
        };
      }
    }
  },

  *"vip-twice"(draft) {
    const places = instancesOf(draft).flatMap(([index, { addresses = [] }]) =>
      addresses.map((address, at) => ({ path: ["vrrp", index, "addresses", at], address })),
    );
    for (const place of places) {
      const first = places.find(({ address }) => address !== undefined && address === place.address);
      if (first && first !== place) {
        yield {
          path: place.path,
          expected: "each VIP once: in two instances, two masters would hold it",
          remedy: "remove one of the two",
          other: first.path,
        };
      }
    }
  },

  *"duplicate-virtual-router"(draft) {
    const ids = instancesOf(draft).map(([index, instance]) => {
      const id = "id" in instance ? instance.id : defaultVirtualRouterId;
      const address = parseIp(instance.addresses?.[0] ?? "");
      const network = address === undefined ? 0 : networkAt(draft, address);
      return [index, id === undefined ? undefined : `${id} ${network}`] as const;
    });
    for (const { index, value, earlier } of clashing(ids)) {
      yield {
        path: ["vrrp", index, "id"],
        expected: "a virtual router id that no other instance on the network has (RFC 9568, section 5.2.3)",
        found: `${value.split(" ")[0]}, which vrrp[${earlier}] has`,
        remedy: "write another, such as `id: 52`",
        other: ["vrrp", earlier, "id"],
      };
    }
  },

  *"duplicate-instance-name"(draft) {
    const names = instancesOf(draft).map(
      ([index, instance]) => [index, "name" in instance ? instance.name : defaultInstanceName(index)] as const,
    );
    for (const { index, value, earlier } of clashing(names)) {
      yield {
        path: ["vrrp", index, "name"],
        expected: "a name that no other instance has",
        found: `${value}, which vrrp[${earlier}] has`,
        remedy: "choose another name, or leave it out",
        other: ["vrrp", earlier, "name"],
      };
    }
  },

  *"duplicate-network"(draft) {
    const names = (draft.networks ?? []).map((_, index) => [index, networkName(draft, index)] as const);
    for (const { index, value, earlier } of clashing(names)) {
      yield {
        path: ["networks", index, "name"],
        expected: "a name that no other network has",
        found: `${value}, which networks[${earlier}] has`,
        remedy: "write another, such as `name: inside`",
        other: ["networks", earlier, "name"],
      };
    }
  },

  *"overlapping-subnets"(draft) {
    const subnets = (draft.networks ?? []).flatMap((network, index) =>
      (network?.subnets ?? []).flatMap((text, at) => {
        const subnet = parseSubnet(text ?? "");
        return subnet === undefined ? [] : [{ path: ["networks", index, "subnets", at], subnet }];
      }),
    );
    for (const [index, { path, subnet }] of subnets.entries()) {
      const other = subnets
        .slice(0, index)
        .find((one) => contains(one.subnet, firstAddress(subnet)) || contains(subnet, firstAddress(one.subnet)));
      if (other) {
        yield {
          path,
          expected: "a subnet that overlaps no other one",
          found: `${subnet} beside ${other.subnet}`,
          remedy: "choose another range, such as 192.168.10.0/24",
          other: other.path,
        };
      }
    }
  },

  *"two-addresses-in-a-network"(draft) {
    for (const { index, server } of serversOf(draft)) {
      const places = (server.addresses ?? []).map((text, at) => {
        const address = parseIp(text ?? "");
        const network = address === undefined ? -1 : networkAt(draft, address);
        return [at, network < 0 ? undefined : network] as const;
      });
      for (const { index: at, value, earlier } of clashing(places)) {
        yield {
          path: ["servers", index, "addresses", at],
          expected: "one address in each network so far",
          found: `a second one in ${networkName(draft, value) ?? `networks[${value}]`}`,
          remedy: "remove one of the two",
          other: ["servers", index, "addresses", earlier],
        };
      }
    }
  },

  *"interface-without-address"(draft) {
    const names = (draft.networks ?? []).map((_, index) => networkName(draft, index));
    for (const { index, server } of serversOf(draft)) {
      const own = networksOf(draft, server)?.map((network) => names[network]);
      const given = (server.interfaces ?? []).map((each, at) => [at, each?.network] as const);
      for (const [at, name] of own ? given : []) {
        if (name !== undefined && names.includes(name) && !own?.includes(name)) {
          yield {
            path: ["servers", index, "interfaces", at, "network"],
            expected: "a network in which the server has an address",
            remedy: `add an address of ${name} to \`addresses\`, or remove the interface`,
            other: ["servers", index, "addresses"],
          };
        }
      }
      for (const { index: at, value, earlier } of clashing(given)) {
        yield {
          path: ["servers", index, "interfaces", at, "network"],
          expected: "one interface in each network",
          found: `a second one in ${value}`,
          remedy: "remove one of the two",
          other: ["servers", index, "interfaces", earlier, "network"],
        };
      }
    }
  },

  *"default-route-elsewhere"(draft) {
    for (const { network, address } of defaultRoutes(draft)) {
      const place = networkAt(draft, address);
      if (place >= 0 && place !== network) {
        yield {
          path: ["networks", network, "defaultRoute"],
          expected: `an address of this network, ${draft.networks?.[network]?.subnets?.join(" or ")}`,
          found: `${address}, which lies in ${networkName(draft, place) ?? `networks[${place}]`}`,
          remedy: "write the address that the director has, or is to take, in this network",
        };
      }
    }
  },

  *"default-route-of-a-real-server"(draft) {
    for (const { network, address } of defaultRoutes(draft)) {
      const owner = serversOf(draft).find(({ server }) => server.addresses?.some((text) => text === address));
      if (owner?.server.role === "real-server") {
        yield {
          path: ["networks", network, "defaultRoute"],
          expected: "an address of a director, or one that no server has",
          found: `${address}, which ${nameOf(draft, owner.index)} has, a real server`,
          remedy: "write the director's address in this network",
          other: ["servers", owner.index, "addresses"],
        };
      }
    }
  },

  *"default-route-without-director"(draft) {
    for (const { network, address } of defaultRoutes(draft)) {
      if (networkAt(draft, address) !== network) continue;
      for (const { index, server } of serversOf(draft)) {
        const own = networksOf(draft, server);
        if (server.role === "director" && own && !own.includes(network)) {
          yield {
            path: ["servers", index, "addresses"],
            expected: `an address in ${networkName(draft, network)}, whose default route the director is to be`,
            found: "none",
            remedy: `add one, or remove \`defaultRoute\``,
            other: ["networks", network, "defaultRoute"],
          };
        }
      }
    }
  },

  *"default-route-without-instance"(draft) {
    const held = instancesOf(draft).map(([, { addresses: list }]) => list);
    if (draft.control !== "keepalived" || draft.vrrp === undefined) return;
    if (held.some((list) => list?.includes(undefined))) return;
    const own = serversOf(draft).flatMap(({ server }) => server.addresses ?? []);
    for (const { network, address } of defaultRoutes(draft)) {
      if (own.includes(address)) {
        yield {
          path: ["networks", network, "defaultRoute"],
          expected: "an address that goes from director to director, where keepalived is in control",
          found: `${address}, which one director has`,
          remedy: "choose a free address of the network, and add it to the `addresses` of a VRRP instance",
        };
      } else if (!held.some((list) => list?.includes(address))) {
        yield {
          path: ["networks", network, "defaultRoute"],
          expected: "an address of a VRRP instance, where keepalived is in control",
          remedy: `write \`addresses: [${address}]\` in an instance of \`vrrp\``,
          other: ["vrrp"],
        };
      }
    }
  },

  *"instance-across-networks"(draft) {
    for (const [index, { addresses: list = [] }] of instancesOf(draft)) {
      const places = list.map((text) => {
        const address = parseIp(text ?? "");
        return address === undefined ? -1 : networkAt(draft, address);
      });
      const at = places.findIndex(
        (place) => place >= 0 && places[0] !== undefined && places[0] >= 0 && place !== places[0],
      );
      if (at >= 0) {
        yield {
          path: ["vrrp", index, "addresses", at],
          expected: "addresses of one network in an instance: it advertises there",
          found: `one in ${networkName(draft, places[0] ?? 0)} and one in ${networkName(draft, places[at] ?? 0)}`,
          remedy: "give each network an instance of its own",
          other: ["vrrp", index, "addresses", 0],
        };
      }
    }
  },

  *"answers-past-the-director"(draft) {
    const client = clientOf(draft);
    const front = client ? networkAt(draft, client.address) : -1;
    if (front < 0) return;
    const routed = new Set(defaultRoutes(draft).map(({ network }) => network));
    for (const [index, service] of servicesOf(draft)) {
      const method = methodOf(service);
      for (const { index: at, server } of method ? destinationsOf(draft, service) : []) {
        const own = networksOf(draft, server);
        if (!own || !method) continue;
        if (!method.answersPassDirector && !own.includes(front)) {
          yield {
            path: ["servers", at, "addresses"],
            expected: `an address in ${networkName(draft, front)}: by ${method.title}, a real server answers the client itself`,
            found: "none",
            remedy: "add one, or write `forwarding: nat` in the service",
            other: ["services", index, "forwarding"],
          };
        } else if (method.answersPassDirector && own.includes(front)) {
          yield {
            path: ["services", index, "forwarding"],
            expected: `real servers outside ${networkName(draft, front)}, the client's network, by ${method.title}: answers must pass through the director`,
            found: `${nameOf(draft, at)} on it`,
            remedy: "give the real servers and the director addresses in a network of their own, with a `defaultRoute`",
            other: ["servers", at, "addresses"],
          };
        } else if (method.answersPassDirector && !own.some((network) => routed.has(network))) {
          yield {
            path: ["networks", own[0] ?? 0, "defaultRoute"],
            expected: `a default route for ${nameOf(draft, at)}: by ${method.title}, its answers must pass through the director`,
            found: "none",
            remedy: "write `defaultRoute:` with an address that the director has, or is to take, in this network",
            other: ["services", index, "forwarding"],
          };
        }
      }
    }
  },

  *"vip-out-of-reach"(draft) {
    const client = clientOf(draft);
    const front = client ? networkAt(draft, client.address) : -1;
    for (const [index, { vip = "" }] of servicesOf(draft)) {
      const address = parseIp(vip);
      const network = address === undefined ? -1 : networkAt(draft, address);
      if (network >= 0 && front >= 0 && network !== front) {
        yield {
          path: ["services", index, "vip"],
          expected: `an address in ${networkName(draft, front)}, the client's network`,
          found: `${vip}, which lies in ${networkName(draft, network)}`,
          remedy: "choose an address there, or move the client with `client: { addresses: [ADDRESS] }`",
          ...(client?.given && { other: ["client", "addresses", 0] }),
        };
        continue;
      }
      for (const { index: at, server } of network < 0 ? [] : serversOf(draft)) {
        const own = server.role === "director" ? networksOf(draft, server) : undefined;
        if (own && !own.includes(network)) {
          yield {
            path: ["servers", at, "addresses"],
            expected: `an address in ${networkName(draft, network)}, where the director is to take the VIP`,
            found: "none",
            remedy: "add one",
            other: ["services", index, "vip"],
          };
        }
      }
    }
  },

  *"port-that-is-not-rewritten"(draft) {
    for (const [index, service] of servicesOf(draft)) {
      const port = "port" in service ? service.port : 80;
      const method = methodOf(service);
      for (const [at, real] of (service.realServers ?? []).entries()) {
        if (!method || method.answersPassDirector || port === undefined) continue;
        if (real?.port !== undefined && real.port !== port) {
          yield {
            path: ["services", index, "realServers", at, "port"],
            expected: `${port}, the service's port: ${method.title} rewrites none`,
            remedy: "leave it out, or write `forwarding: nat` in the service",
            other: ["services", index, "port"],
          };
        }
      }
    }
  },

  *"unknown-network"(draft) {
    const names = (draft.networks ?? []).map((each) => (each && "name" in each ? each.name : "segment"));
    for (const { index, server } of serversOf(draft)) {
      for (const [at, each] of (server.interfaces ?? []).entries()) {
        if (each?.network !== undefined && !names.includes(each.network) && !names.includes(undefined)) {
          yield {
            path: ["servers", index, "interfaces", at, "network"],
            expected: "the name of a network",
            remedy: `choose one of ${names.join(", ")}`,
          };
        }
      }
    }
  },

  *"advert-interval"(draft) {
    for (const [index, instance] of instancesOf(draft)) {
      const { version = "version" in instance ? undefined : 2, advertInterval: seconds } = instance;
      if (seconds === undefined) continue;
      if (version === 2 && !Number.isInteger(seconds)) {
        yield {
          path: ["vrrp", index, "advertInterval"],
          expected: "a whole number of seconds from 1 to 255 in VRRP version 2 (RFC 3768, section 5.3.7)",
          found: String(seconds),
          remedy: "write `advertInterval: 1`, or `version: 3` beside it",
        };
      }
      // By its text: 0.07 * 100 is not 7.
      if (version === 3 && !(seconds <= 40.95 && /^\d+(\.\d{1,2})?$/.test(String(seconds)))) {
        yield {
          path: ["vrrp", index, "advertInterval"],
          expected: "hundredths of a second up to 40.95 in VRRP version 3 (RFC 9568, section 5.2.7)",
          found: String(seconds),
          remedy: "write `advertInterval: 0.1`",
          other: ["vrrp", index, "version"],
        };
      }
    }
  },

  *"password-without-authentication"(draft) {
    for (const [index, { version, password }] of instancesOf(draft)) {
      if (version === 3 && password !== undefined) {
        yield {
          path: ["vrrp", index, "password"],
          atKey: true,
          expected: "no password in VRRP version 3, which has no authentication (RFC 9568, section 9)",
          found: "it",
          remedy: "remove it, or write `version: 2`",
          other: ["vrrp", index, "version"],
        };
      }
    }
  },

  *"equal-priorities"(draft) {
    for (const [at, { members = [] }] of instancesOf(draft)) {
      const priorities = members.map((each, index) => [index, each && priorityOf(each)] as const);
      for (const { index, value, earlier } of clashing(priorities)) {
        // The one that was left to the default is the one to complete, so it is where the problem is shown.
        const here = members[earlier]?.priority === undefined ? earlier : index;
        const other = here === index ? earlier : index;
        const given = members[here]?.priority === undefined ? ", the default" : "";
        yield {
          path: ["vrrp", at, "members", here, "priority"],
          expected: "a priority that no other director has",
          found: `${value}${given}, which ${members[other]?.server ?? `members[${other}]`} has`,
          remedy: "give the director that is to hold the VIP the higher one; the textbook's are 100 and 50",
          other: ["vrrp", at, "members", other, "priority"],
        };
      }
    }
  },

  *"more-than-one-master"(draft) {
    for (const [at, instance] of instancesOf(draft)) {
      const [first, ...more] = masters(instance);
      for (const index of first === undefined ? [] : more) {
        yield {
          path: ["vrrp", at, "members", index, "state"],
          expected: "one director with `state: MASTER`",
          found: `MASTER, which ${instance.members?.[first ?? 0]?.server ?? `members[${first}]`} is`,
          remedy: "write `state: BACKUP`, or leave it out: the highest priority decides",
          other: ["vrrp", at, "members", first ?? 0, "state"],
        };
      }
    }
  },

  *"master-without-preemption"(draft) {
    for (const [at, instance] of instancesOf(draft)) {
      for (const index of instance.preempt === false ? masters(instance) : []) {
        yield {
          path: ["vrrp", at, "members", index, "state"],
          expected: "BACKUP on every director with `preempt: false` (keepalived.conf(5), nopreempt)",
          remedy: "write `state: BACKUP`, or leave it out",
          other: ["vrrp", at, "preempt"],
        };
      }
    }
  },
};

const range = (subnet: Cidr): string => `${addressAt(subnet, 2n)} to ${lastHost(subnet)}`;

interface ServerAt {
  readonly index: number;
  readonly server: ServerDraft;
}

const serversOf = (draft: LabDraft): ServerAt[] =>
  (draft.servers ?? []).flatMap((server, index) => (server ? [{ index, server }] : []));

const nameOf = (draft: LabDraft, index: number): string => draft.servers?.[index]?.name ?? `servers[${index}]`;

/** The VRRP instances with their places; none where there are none. */
const instancesOf = (draft: LabDraft): [number, InstanceDraft][] =>
  [...(draft.vrrp ?? []).entries()].flatMap(([index, instance]) => (instance ? [[index, instance]] : []));

/** The places of an instance's members that are to start as MASTER. */
const masters = ({ members = [] }: InstanceDraft): number[] =>
  members.flatMap((each, index) => (each?.state === "MASTER" ? [index] : []));

const priorityOf = (member: { readonly priority?: number | undefined }): number | undefined =>
  "priority" in member ? member.priority : defaultPriority;

/** Items for which an earlier one has the same value; those without a value are passed over. */
function clashing<V extends string | number>(
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

interface MacAt {
  /** Where the file gives it, else the addresses that it comes from. */
  readonly path: Path;
  /** The server's place. */
  readonly server: number;
  readonly mac: string;
  readonly written: boolean;
}

/** The MAC addresses of all interfaces, written or by default; those that are not known yet are passed over. */
function macsOf(draft: LabDraft): MacAt[] {
  return serversOf(draft).flatMap(({ index, server }) =>
    (server.addresses ?? []).flatMap((text): MacAt[] => {
      const address = parseIp(text ?? "");
      const network = address === undefined ? -1 : networkAt(draft, address);
      if (address === undefined || network < 0) return [];
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
function networkName(draft: LabDraft, index: number): string | undefined {
  const network = draft.networks?.[index];
  return network && ("name" in network ? network.name : "segment");
}

/** The place of the network that an address lies in, or -1. */
const networkAt = (draft: LabDraft, address: Ip): number =>
  (draft.networks ?? []).findIndex((network) =>
    network?.subnets?.some((text) => {
      const subnet = parseSubnet(text ?? "");
      return subnet !== undefined && contains(subnet, address);
    }),
  );

/** The places of the networks that a server has addresses in; undefined while one of its addresses is not known. */
function networksOf(draft: LabDraft, { addresses: texts }: ServerDraft): number[] | undefined {
  const places = texts?.map((text) => {
    const address = parseIp(text ?? "");
    return address === undefined ? -1 : networkAt(draft, address);
  });
  return places === undefined || places.includes(-1) ? undefined : [...new Set(places)];
}

/** The default routes that the file gives, with their networks' places. */
const defaultRoutes = (draft: LabDraft): { network: number; address: Ip }[] =>
  (draft.networks ?? []).flatMap((each, network) => {
    const address = parseIp(each?.defaultRoute ?? "");
    return address === undefined ? [] : [{ network, address }];
  });

/** The forwarding method of a service; undefined while it is not known. */
function methodOf(service: ServiceDraft): ForwardingMethod | undefined {
  const name = "forwarding" in service ? service.forwarding : "dr";
  return name && forwardingMethods[name];
}

/** The servers that a service's packets go to: those that it lists, else every real server. */
function destinationsOf(draft: LabDraft, service: ServiceDraft): ServerAt[] {
  const listed = service.realServers?.map((each) => each?.server);
  return serversOf(draft).filter(({ server }) =>
    listed ? server.name !== undefined && listed.includes(server.name) : server.role === "real-server",
  );
}

const servicesOf = (draft: LabDraft): [number, ServiceDraft][] =>
  [...(draft.services ?? []).entries()].flatMap(([index, service]) => (service ? [[index, service]] : []));

/** Undefined while one of them is not known. */
function subnetsOf(draft: LabDraft): Cidr[] | undefined {
  const texts = (draft.networks ?? []).flatMap((network) => network?.subnets ?? [undefined]);
  const subnets = texts.flatMap((text) => parseSubnet(text ?? "") ?? []);
  return subnets.length === texts.length && subnets.length > 0 ? subnets : undefined;
}

/** The client's address, and whether the file gives it. */
function clientOf(draft: LabDraft): { address: Ip; given: boolean } | undefined {
  const given = "client" in draft;
  const [subnet] = subnetsOf(draft) ?? [];
  const address = given ? parseIp(draft.client?.addresses?.[0] ?? "") : subnet && defaultClient(subnet);
  return address === undefined ? undefined : { address, given };
}

interface AddressAt {
  readonly path: Path;
  readonly address: Ip;
  readonly text: string;
}

/** Every address that the file gives, with its path. */
function addresses(draft: LabDraft): AddressAt[] {
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
const placed = (draft: LabDraft): (AddressAt & { readonly subnet: Cidr })[] =>
  addresses(draft).flatMap((one) => {
    const subnet = subnetsOf(draft)?.find((each) => contains(each, one.address));
    return subnet ? [{ ...one, subnet }] : [];
  });

/** Every place where the file names a server, and the role that it must have. */
function references(draft: LabDraft): { path: Path; name: string; role: "director" | "real-server" }[] {
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
    ...instancesOf(draft).flatMap(([index, instance]) =>
      named(["vrrp", index, "members"], instance.members ?? [], "director"),
    ),
  ];
}

/** Names of the servers with a role; undefined while some server's role is not known, for then they cannot be counted. */
function withRole(draft: LabDraft, role: "director" | "real-server"): string[] | undefined {
  const servers = draft.servers;
  if (!servers?.every((server) => server?.role !== undefined)) {
    return undefined;
  }
  return serversOf(draft)
    .filter(({ server }) => server.role === role)
    .map(({ index }) => nameOf(draft, index));
}
