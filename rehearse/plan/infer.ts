import {
  addressAt,
  type Cidr,
  contains,
  defaultOs,
  familyOf,
  type Ip,
  lastAddress,
  parseCidr,
  parseIp,
  prefixLengthOf,
  subnetOf,
} from "../../lab/index.ts";
import { all, last } from "../conf/tree.ts";
import type { Director } from "../directors/director.ts";
import type { Instance } from "../directors/instance.ts";
import { isScript } from "../directors/tracked.ts";
import { virtualRoutersOf } from "../directors/virtual-router.ts";
import { servedAddresses } from "../directors/virtual-server.ts";
import type { Folder } from "../folder.ts";
import { missingScripts } from "./files.ts";
import type { Inferred, PlannedNetwork, StandIn } from "./plan.ts";

/** An interface of a director, before it is known which network it is on. */
interface Port {
  readonly director: Director;
  readonly device: string;
  /** Subnets of the addresses that keepalived puts on it. */
  readonly subnets: readonly Cidr[];
}

/** Prefix lengths of networks whose configurations name none. */
const usual = { 4: 24, 6: 64 } as const;

/** Subnets for networks of which no address is known: RFC 2544's, for benchmarks; 198.18 is for management. */
const unknownSubnet = (index: number): Cidr => `198.19.${index}.0/24` as Cidr;

/** The interface of an instance that names none: keepalived's default_interface is eth0 without another. */
const deviceOf = ({ interface: device = "eth0" }: Instance): string => device;

/**
 * What must be around a folder's configurations: the networks of the interfaces that they name, the directors' own addresses, and the hosts that they
 * talk to. What they do not say is assumed, and told.
 */
export function inferPlan(folder: Folder, directors: readonly Director[]): Inferred {
  const assumed = new Map<string, string[]>();
  const assume = (part: string, sentence: string) => assumed.set(part, [...(assumed.get(part) ?? []), sentence]);
  const ports = directors.flatMap(portsOf);
  const segments = segmentsOf(directors, ports);
  const networks = segments.map((members, index): PlannedNetwork => {
    const name = `net${index + 1}`;
    const found = withoutInner(members.flatMap(({ subnets }) => subnets));
    const guessed = members.flatMap(({ director, device }) => guessedSubnets(director, device, found, directors));
    for (const subnet of new Set(guessed))
      assume(name, `${subnet}: no address there has a prefix length, /${prefixLengthOf(subnet)} is assumed`);
    const subnets = withoutInner([...found, ...guessed]);
    if (subnets.some((subnet) => familyOf(subnet) === 4)) return { name, subnets };
    assume(name, `${unknownSubnet(index)}: no IPv4 address is known there`);
    return { name, subnets: [unknownSubnet(index), ...subnets] };
  });
  const networkOf = (director: Director, device: string): PlannedNetwork => {
    const index = segments.findIndex((members) =>
      members.some((one) => one.director === director && one.device === device),
    );
    return networks[index] as PlannedNetwork;
  };
  const hosts = hostsTalkedTo(folder, directors);
  const taken = new Set<Ip>([...hosts.map(({ address }) => address), ...directors.flatMap(virtualAddressesOf)]);
  const planned = directors.map((director) => {
    const devices = ports.filter((port) => port.director === director).map(({ device }) => device);
    const interfaces = devices.map((device) => {
      const network = networkOf(director, device);
      const known = ownAddresses(director, device, directors).filter((address) =>
        network.subnets.some((subnet) => contains(subnet, address)),
      );
      const addresses = network.subnets.flatMap((subnet) => {
        const there = known.filter((address) => contains(subnet, address));
        if (there.length > 0) return there;
        const free = freeAddress(subnet, taken);
        assume(director.name, `${device} has ${free}: its own address in ${subnet} is not in the configurations`);
        return [free];
      });
      for (const address of addresses) taken.add(address);
      return { device, network: network.name, addresses };
    });
    for (const path of missingScripts(folder, director.configuration))
      assume(director.name, `${path} is not there: put the file into the folder, or keepalived does without it`);
    const sysctls: Record<string, string> = forwards(director) ? { "net.ipv4.ip_forward": "1" } : {};
    if (forwards(director))
      assume(director.name, "it forwards packets, net.ipv4.ip_forward=1: it does NAT, or it is a gateway");
    return { name: director.name, packages: packagesOf(folder, director), sysctls, interfaces };
  });
  const standIns = standInsOf(hosts, networks, assume);
  const every = [...networks, ...standIns.networks];
  for (const { name, subnets } of standIns.networks)
    for (const { interfaces } of planned)
      interfaces.push({
        device: `eth${interfaces.length}`,
        network: name,
        addresses: subnets.map((subnet) => freeAddress(subnet, taken)),
      });
  const [front] = networks;
  const home =
    networks.find(({ subnets }) =>
      served(directors).some((address) => subnets.some((subnet) => contains(subnet, address))),
    ) ?? front;
  const equipped = standIns.all.map((one) => {
    if (one.network === home?.name) return one;
    const subnets = every.find(({ name }) => name === one.network)?.subnets ?? [];
    const gateways = [...directors.flatMap(virtualAddressesOf), ...planned.flatMap(addressesOf)].filter(
      (address) =>
        familyOf(address) === familyOf(one.addresses[0] as Ip) && subnets.some((subnet) => contains(subnet, address)),
    );
    const [gateway] = gateways;
    if (gateway === undefined) return one;
    assume(one.name, `its way to clients is ${gateway}`);
    return { ...one, gateways: [gateway] };
  });
  const client = {
    network: home?.name ?? "",
    addresses: (home?.subnets ?? []).map((subnet) => freeAddress(subnet, taken, 250n)),
  };
  assume("client", "requests come from the network of the virtual addresses");
  return {
    plan: {
      os: defaultOs,
      networks: every,
      directors: planned,
      client,
      standIns: equipped,
    },
    assumed,
  };
}

/** The interfaces that a director's configuration names, in its order. */
function portsOf(director: Director): Port[] {
  const { configuration, instances, settings } = director;
  const subnets = new Map<string, Cidr[]>();
  const add = (device: string | undefined, subnet?: Cidr) => {
    if (device !== undefined && device !== "lo")
      subnets.set(device, [...(subnets.get(device) ?? []), ...(subnet ? [subnet] : [])]);
  };
  for (const instance of instances) {
    add(deviceOf(instance));
    for (const { at, address, prefixLength } of [...instance.addresses, ...instance.excluded]) {
      const device = at.words[at.words.indexOf("dev") + 1];
      add(
        at.words.includes("dev") ? device : deviceOf(instance),
        isWhole(address, prefixLength) ? undefined : subnetOf(address, prefixLength as number),
      );
    }
    for (const { kind, name } of instance.tracks) if (kind === "interface") add(name);
  }
  add(last(settings, "lvs_sync_daemon")?.words[0]);
  for (const { keyword, words } of all(configuration.statements, "static_ipaddress").flatMap(
    ({ block }) => block ?? [],
  )) {
    const found = parseCidr(keyword);
    add(
      words[words.indexOf("dev") + 1],
      found && !isWhole(found.address, found.prefixLength) ? subnetOf(found.address, found.prefixLength) : undefined,
    );
  }
  if (subnets.size === 0) add("eth0");
  return [...subnets].map(([device, all]) => ({ director, device, subnets: [...new Set(all)] }));
}

const isWhole = (address: Ip, prefixLength: number | undefined): boolean =>
  prefixLength === undefined || Number.isNaN(prefixLength) || prefixLength >= (familyOf(address) === 4 ? 31 : 127);

/** The interfaces by the segment that they are on: those of one virtual router, of one subnet, or else of one name. */
function segmentsOf(directors: readonly Director[], ports: readonly Port[]): Port[][] {
  const segment = new Map(ports.map((port, index) => [port, index]));
  const join = (one: Port | undefined, other: Port | undefined) => {
    if (!one || !other) return;
    const [to, from] = [segment.get(one), segment.get(other)];
    for (const [port, index] of segment) if (index === from) segment.set(port, to as number);
  };
  const portOf = (director: Director, device: string) =>
    ports.find((port) => port.director === director && port.device === device);
  for (const { members } of virtualRoutersOf(directors)) {
    const [first, ...others] = members.map(({ director, instance }) => portOf(director, deviceOf(instance)));
    for (const other of others) join(first, other);
  }
  for (const one of ports)
    for (const other of ports) {
      const shared = one.subnets.some((subnet) => other.subnets.includes(subnet));
      const alike =
        one.device === other.device &&
        one.director !== other.director &&
        (one.subnets.length === 0 || other.subnets.length === 0);
      if (shared || alike) join(one, other);
    }
  const groups = new Map<number, Port[]>();
  for (const [port, index] of segment) groups.set(index, [...(groups.get(index) ?? []), port]);
  return [...groups.values()];
}

/** Subnets of addresses on an interface that no subnet with a prefix length contains. */
function guessedSubnets(
  director: Director,
  device: string,
  known: readonly Cidr[],
  directors: readonly Director[],
): Cidr[] {
  const there = director.instances
    .filter((instance) => deviceOf(instance) === device)
    .flatMap(({ addresses, excluded }) => [...addresses, ...excluded])
    .filter(({ at }) => !at.words.includes("dev") || at.words[at.words.indexOf("dev") + 1] === device)
    .map(({ address }) => address);
  const unknown = [...there, ...ownAddresses(director, device, directors)].filter(
    (address) => !known.some((subnet) => contains(subnet, address)),
  );
  return [...new Set(unknown.map((address) => subnetOf(address, usual[familyOf(address)])))];
}

/** The subnets without those that lie in another one, IPv4 first. */
const withoutInner = (subnets: readonly Cidr[]): Cidr[] =>
  [...new Set(subnets)]
    .filter(
      (one) =>
        !subnets.some(
          (other) => prefixLengthOf(other) < prefixLengthOf(one) && contains(other, one.split("/")[0] as Ip),
        ),
    )
    .toSorted((one, other) => familyOf(one) - familyOf(other));

/** A director's own addresses on an interface, as far as the configurations tell: its unicast source, or the one that only its peers list. */
function ownAddresses(director: Director, device: string, directors: readonly Director[]): Ip[] {
  const routers = virtualRoutersOf(directors).filter(({ members }) =>
    members.some((member) => member.director === director && deviceOf(member.instance) === device),
  );
  const found = routers.flatMap(({ members }) => {
    const mine = members.find((member) => member.director === director)?.instance;
    const source = parseIp(last(mine?.block, "unicast_src_ip", "mcast_src_ip")?.words[0] ?? "");
    if (source !== undefined) return [source];
    const lists = members
      .filter((member) => member.director !== director)
      .map(({ instance }) => instance.unicast?.peers ?? []);
    const [first = [], ...others] = lists;
    const own = first.filter(
      (address) => others.every((list) => list.includes(address)) && !mine?.unicast?.peers.includes(address),
    );
    return own.length === 1 ? own : [];
  });
  return [...new Set(found)];
}

const virtualAddressesOf = ({ instances, virtualServers }: Director): Ip[] => [
  ...instances.flatMap(({ addresses, excluded }) => [...addresses, ...excluded].map(({ address }) => address)),
  ...virtualServers.flatMap(servedAddresses),
];

const addressesOf = ({ interfaces }: { interfaces: readonly { addresses: readonly Ip[] }[] }): readonly Ip[] =>
  interfaces.flatMap(({ addresses }) => addresses);

/** Whether a director has to forward packets: for NAT, or as the gateway of a network, when it has instances on several ones. */
const forwards = ({ virtualServers, instances }: Director): boolean =>
  virtualServers.some(({ method }) => method === "NAT") ||
  (virtualServers.length === 0 && new Set(instances.map(deviceOf)).size > 1);

/** What clients ask for: the addresses of virtual servers, or else those of instances. */
const served = (directors: readonly Director[]): Ip[] => {
  const services = directors.flatMap(({ virtualServers }) => virtualServers.flatMap(servedAddresses));
  return services.length > 0 ? services : directors.flatMap(virtualAddressesOf);
};

/** The first free address of a subnet from a place on; addresses that are given are taken from then on. */
function freeAddress(subnet: Cidr, taken: Set<Ip>, from = 11n): Ip {
  const size = 2n ** BigInt((familyOf(subnet) === 4 ? 32 : 128) - prefixLengthOf(subnet));
  for (let offset = 0n; offset < size && offset < 65_536n; offset++) {
    const address = addressAt(subnet, (from + offset) % size);
    if (taken.has(address) || address === addressAt(subnet, 0n) || address === lastAddress(subnet)) continue;
    taken.add(address);
    return address;
  }
  throw new Error(`${subnet} has no free address`);
}

interface Talked {
  readonly address: Ip;
  readonly why: "real server" | "sorry server" | "gateway" | "script";
}

/** The hosts that the configurations talk to and that are none of the directors' own, each once. */
function hostsTalkedTo(folder: Folder, directors: readonly Director[]): Talked[] {
  const own = new Set(
    directors.flatMap((director) => [
      ...virtualAddressesOf(director),
      ...director.instances.flatMap(({ interface: device }) => ownAddresses(director, device ?? "eth0", directors)),
    ]),
  );
  const peers = new Set(
    directors.flatMap(({ instances }) =>
      instances.flatMap(({ unicast }) => [...(unicast?.peers ?? []), ...(unicast?.source ? [unicast.source] : [])]),
    ),
  );
  const found = directors.flatMap((director): Talked[] => [
    ...director.virtualServers.flatMap(({ realServers }) =>
      realServers.flatMap(({ address }) => talked(address, "real server")),
    ),
    ...director.virtualServers.flatMap(({ block }) =>
      all(block, "sorry_server").flatMap(({ words }) => talked(words[0] ?? "", "sorry server")),
    ),
    ...gatewaysOf(director).flatMap((address) => talked(address, "gateway")),
    ...director.tracked
      .filter(isScript)
      .flatMap(({ command }) =>
        scriptAddresses(folder, director, command?.words ?? []).flatMap((address) => talked(address, "script")),
      ),
  ]);
  const each = new Map(found.toReversed().map((one) => [one.address, one]));
  return [...each.values()]
    .toReversed()
    .filter(({ address }) => !own.has(address) && !peers.has(address) && !isLocal(address));
}

const talked = (text: string, why: Talked["why"]): Talked[] => {
  const address = parseIp(text);
  return address === undefined ? [] : [{ address, why }];
};

const isLocal = (address: Ip): boolean => address.startsWith("127.") || address === "::1" || address === "0.0.0.0";

const gatewaysOf = ({ configuration, instances }: Director): string[] =>
  [...instances.flatMap(({ block }) => all(block, "virtual_routes")), ...all(configuration.statements, "static_routes")]
    .flatMap(({ block }) => block ?? [])
    .flatMap(({ keyword, words }) =>
      [keyword, ...words].flatMap((word, index, line) =>
        ["via", "gw", "or"].includes(line[index - 1] ?? "") ? [word] : [],
      ),
    );

/** The addresses in a script's command, and in its file if the folder has it. */
function scriptAddresses(folder: Folder, { configuration }: Director, words: readonly string[]): string[] {
  const file = words.flatMap((word) => folder.find(word, configuration.file)?.text ?? []);
  return [...words, ...file].flatMap((text) => text.match(/(?<![\d.])\d{1,3}(?:\.\d{1,3}){3}(?![\d.])/g) ?? []);
}

/** Debian's packages with what scripts and processes look for. */
const packageOf: Readonly<Record<string, string>> = { haproxy: "haproxy", nginx: "nginx-light", apache2: "apache2" };

function packagesOf(folder: Folder, { tracked, configuration }: Director): string[] {
  const texts = tracked.flatMap((one) => [
    ...one.block.map(({ text }) => text),
    ...(isScript(one)
      ? (one.command?.words ?? []).flatMap((word) => folder.find(word, configuration.file)?.text ?? [])
      : []),
  ]);
  return Object.entries(packageOf).flatMap(([word, name]) =>
    texts.some((text) => new RegExp(`\\b${word}\\b`).test(text)) ? [name] : [],
  );
}

/** A stand-in for each host, and a further network for each subnet that no director is on. */
function standInsOf(
  hosts: readonly Talked[],
  networks: readonly PlannedNetwork[],
  assume: (part: string, sentence: string) => void,
): { all: StandIn[]; networks: PlannedNetwork[] } {
  const further: PlannedNetwork[] = [];
  const numbers = new Map<string, number>();
  const standIns = hosts.map(({ address, why }): StandIn => {
    const label = labels[why];
    const number = (numbers.get(label) ?? 0) + 1;
    numbers.set(label, number);
    const there = [...networks, ...further].find(({ subnets }) => subnets.some((subnet) => contains(subnet, address)));
    const network = there ?? {
      name: `net${networks.length + further.length + 1}`,
      subnets: [subnetOf(address, usual[familyOf(address)])],
    };
    if (!there) {
      further.push(network);
      assume(
        network.name,
        `${network.subnets.join(", ")}: ${address} is in no network of the directors; each of them gets an interface here`,
      );
    }
    return { name: `${label}${number}`, network: network.name, addresses: [address], gateways: [] };
  });
  return { all: standIns, networks: further };
}

/** What stand-ins are called. */
const labels = { "real server": "real", "sorry server": "sorry", gateway: "gateway", script: "host" } as const;
