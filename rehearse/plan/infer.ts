import { contains, defaultOs, familyOf, type Ip } from "../../lab/index.ts";
import { accountOf } from "../directors/command.ts";
import type { Director } from "../directors/director.ts";
import { servedAddresses } from "../directors/virtual-server.ts";
import type { Folder } from "../folder.ts";
import { accountsNamedBy, DEFAULT_USER, nobodyFor } from "./accounts.ts";
import { allOwnAddresses, FreeAddresses, ownAddresses, peersOf, virtualAddressesOf } from "./addresses.ts";
import { askedByScripts } from "./asked-by-scripts.ts";
import { Assumptions } from "./assumptions.ts";
import { bfdSourcesOf } from "./bfd.ts";
import { missingScripts } from "./files.ts";
import { hostsTalkedTo, placedHosts } from "./hosts.ts";
import { forwards } from "./needs.ts";
import { networksOf } from "./networks.ts";
import { openServicesFor } from "./open-services.ts";
import type { Inferred, PlannedDirector, PlannedInterface, PlannedNetwork, StandIn } from "./plan.ts";
import { type ProxyConfig, proxiesOn } from "./proxies/index.ts";
import { type Port, segmentsOf } from "./segments.ts";
import { type Beside, besideKeepalived, bindsAway, placeholderFor, servicesFor } from "./services.ts";
import { standInsOf } from "./stand-ins.ts";

/**
 * What must be around a folder's configurations: the networks of the interfaces that they name, the directors' own addresses, and the hosts that they
 * talk to. What they do not say is assumed, and told.
 */
export function inferPlan(folder: Folder, directors: readonly Director[]): Inferred {
  const assumed = new Assumptions();
  const segments = segmentsOf(directors);
  const unplaced = networksOf(segments, directors, assumed);
  const beside = new Map(directors.map((director) => [director, besideKeepalived(folder, director, assumed)]));
  const proxies = [...beside.values()].flatMap((one) => one.proxies);
  const hosts = hostsTalkedTo(folder, directors, proxies);
  const asked = askedFor(directors);
  const { standIns, networks, further } = placedHosts(
    hosts,
    { networks: unplaced, home: homeOf(unplaced, asked) },
    assumed,
  );
  const virtual = directors.flatMap(virtualAddressesOf);
  const known = [...hosts.map(({ address }) => address), ...allOwnAddresses(directors), ...peersOf(directors)];
  const free = new FreeAddresses([...virtual, ...known]);

  const given = new Map<string, string>();
  const home = homeOf(networks, asked);
  const client = { network: home.name, addresses: home.subnets.flatMap((subnet) => free.take(subnet, 250n) ?? []) };
  const planned = directors.map((director): PlannedDirector => {
    const placed = segments.flatMap((members, index) =>
      members
        .filter((port) => port.director === director)
        .map((port) => ({ port, network: networks[index] as PlannedNetwork })),
    );
    return plannedDirector(director, {
      ...{ folder, directors, placed, further, free, given, assumed, virtual },
      beside: beside.get(director) as Beside,
    });
  });
  const every = [...networks, ...further];
  const own = planned.flatMap(({ interfaces }) => interfaces.flatMap((one) => one.addresses));
  const equipped = standIns.map((one, index) =>
    withGateway(one, {
      ...{ networks: every, home, asked, assumed },
      ...(hosts[index]?.direct
        ? { direct: true, gateways: client.addresses }
        : { direct: false, gateways: [...virtual, ...own] }),
    }),
  );
  assumed.add("client", "requests come from the network of the virtual addresses");
  const found = servicesFor(proxies, directors, home);
  const isShown = found.length > 0 || proxies.length > 0;
  const served = isShown ? { directors: planned, services: found } : placeholderFor(planned, directors, home, assumed);
  const open = openServicesFor(folder, directors, home, assumed);
  const plan = {
    ...{ os: defaultOs, networks: every, client, standIns: equipped, directors: served.directors },
    services: [...served.services, ...open.services],
  };
  const missing = new Map([
    ...standInsOf(plan, { folder, directors }).map((one) => [one.name, one.missing] as const),
    ...plan.directors.map(
      (one) => [one.name, missingOn(one, { folder, directors, proxies, isAssumed: !isShown })] as const,
    ),
    ["client", open.missing] as const,
  ]);
  return { plan, assumed: assumed.all, missing };
}

/** The addresses that clients ask for: those of virtual servers, or else of instances. */
function askedFor(directors: readonly Director[]): Ip[] {
  const services = directors.flatMap(({ virtualServers }) => virtualServers.flatMap(servedAddresses));
  return services.length > 0 ? services : directors.flatMap(virtualAddressesOf);
}

/** The network that clients are on: that of an address that they ask for. */
function homeOf(networks: readonly PlannedNetwork[], asked: readonly Ip[]): PlannedNetwork {
  const home = networks.find(({ subnets }) =>
    asked.some((address) => subnets.some((subnet) => contains(subnet, address))),
  );
  return home ?? (networks[0] as PlannedNetwork);
}

/**
 * What a director lacks of what runs beside keepalived, a sentence each.
 * @param around `isAssumed`: whether a web server is on it only so that something answers
 */
function missingOn(
  planned: PlannedDirector,
  around: {
    readonly folder: Folder;
    readonly directors: readonly Director[];
    readonly proxies: readonly ProxyConfig[];
    readonly isAssumed: boolean;
  },
): string[] {
  const { name, services, files } = planned;
  const { folder, directors, proxies, isAssumed } = around;
  const director = directors.find((one) => one.name === name);
  if (!director) return [];
  const binds = proxiesOn({ files }, folder).flatMap(({ proxy }) => proxy.binds);
  const listens = (port: number) => binds.some((bind) => bind.port === port) || (isAssumed && port === 80);
  const asked = askedByScripts(folder, director).filter(
    ({ address, port }) => address.startsWith("127.") && !listens(port),
  );
  return [
    ...(proxies.length > 0 && services.length > 0 && director.tracked.length === 0
      ? [
          `nothing tracks ${services.join(" and ")}: the address stays where nobody answers; add a vrrp_script or a vrrp_track_process that looks for it`,
        ]
      : []),
    ...(director.commands.some((one) => !accountOf(one, director.settings) && nobodyFor(one, director, planned))
      ? [
          `keepalived leaves its scripts out: nothing names a user for them; write script_user into global_defs, or \`users: [${DEFAULT_USER}]\` here if yours has that user`,
        ]
      : []),
    ...new Set(
      asked.map(
        ({ address, port }) =>
          `a script asks ${address} ${port}, where nothing listens that the folder shows, so that it may fail always: name what does in packages, files and services`,
      ),
    ),
  ];
}

interface Around {
  readonly folder: Folder;
  readonly directors: readonly Director[];
  /** Interfaces, each with its network. */
  readonly placed: readonly { readonly port: Port; readonly network: PlannedNetwork }[];
  /** Networks of hosts that no interface of a configuration reaches. */
  readonly further: readonly PlannedNetwork[];
  readonly free: FreeAddresses;
  /** Whose own an address is already, by network and address. */
  readonly given: Map<string, string>;
  readonly assumed: Assumptions;
  /** The addresses that move. */
  readonly virtual: readonly Ip[];
  /** What runs on the director beside keepalived. */
  readonly beside: Beside;
}

function plannedDirector(director: Director, around: Around): PlannedDirector {
  const { folder, placed, further, free, assumed, virtual, beside } = around;
  const interfaces: PlannedInterface[] = placed.map(({ port: { device }, network }) => ({
    ...{ device, network: network.name },
    addresses: addressesOn(device, director, network, around),
  }));
  for (const { name: network, subnets } of further) {
    const addresses = subnets.flatMap((subnet) => free.take(subnet) ?? []);
    interfaces.push({ device: freeDevice(interfaces), network, addresses });
  }
  for (const path of missingScripts(folder, director.configuration))
    assumed.add(director.name, `${path} is not there: put the file into the folder, or keepalived does without it`);
  const { users } = accountsNamedBy({ directors: [director], proxies: beside.proxies }, beside.packages);
  for (const user of users)
    assumed.add(
      director.name,
      `it has the user ${user}, whom its files name: \`users: []\` shows what happens without`,
    );
  const forwarding = forwards(director);
  if (forwarding)
    assumed.add(director.name, "it forwards packets, net.ipv4.ip_forward=1: it does NAT, or it is a gateway");
  const away = bindsAway(beside.proxies, virtual);
  if (away !== undefined)
    assumed.add(
      director.name,
      `net.ipv${familyOf(away)}.ip_nonlocal_bind=1: ${away}, which a service listens on, is not always there`,
    );
  return {
    name: director.name,
    packages: beside.packages,
    files: beside.files,
    services: beside.services,
    sysctls: {
      ...(forwarding ? { "net.ipv4.ip_forward": "1" } : {}),
      ...(away === undefined ? {} : { [`net.ipv${familyOf(away)}.ip_nonlocal_bind`]: "1" }),
    },
    interfaces,
  };
}

/** A director's own addresses on an interface: in each subnet those that the configurations tell, or else a free one. */
function addressesOn(
  device: string,
  director: Director,
  { name: network, subnets }: PlannedNetwork,
  { directors, free, given, assumed }: Around,
): Ip[] {
  const known = [...new Set([...ownAddresses(director, device, directors), ...bfdSourcesOf(director)])];
  return subnets.flatMap((subnet) => {
    const there = known.filter((address) => contains(subnet, address));
    const own = there.filter((address) => !given.has(`${network} ${address}`));
    for (const address of own) given.set(`${network} ${address}`, director.name);
    if (own.length > 0) return own;
    const found = free.take(subnet);
    if (found === undefined) return [];
    const [taken] = there;
    assumed.add(
      director.name,
      taken === undefined
        ? `${device} has ${found}: its own address in ${subnet} is not in the configurations`
        : `${device} has ${found}: ${taken}, from which it sends, is an address of ${given.get(`${network} ${taken}`)}`,
    );
    return [found];
  });
}

/** The first of eth0, eth1, …, that a director with these interfaces does not have; as many as these are passed over. */
function freeDevice(interfaces: readonly PlannedInterface[]): string {
  const isFree = (device: string) => interfaces.every((one) => one.device !== device);
  let number = interfaces.length;
  while (!isFree(`eth${number}`)) number++;
  return `eth${number}`;
}

interface Ways {
  readonly networks: readonly PlannedNetwork[];
  readonly home: PlannedNetwork;
  readonly asked: readonly Ip[];
  /** Whether it answers clients by itself. */
  readonly direct: boolean;
  /** What may be its gateway, the best first. */
  readonly gateways: readonly Ip[];
  readonly assumed: Assumptions;
}

/**
 * A stand-in with its way to clients, unless they are in its own subnet: an address that moves between directors, or else one of a director's own. What
 * answers by itself has the client's: a director drops packets from its own virtual address.
 */
function withGateway(standIn: StandIn, { networks, home, asked, direct, gateways, assumed }: Ways): StandIn {
  const [own] = standIn.addresses;
  const network = networks.find(({ name }) => name === standIn.network);
  const subnet = (network?.subnets ?? []).find((one) => own !== undefined && contains(one, own));
  if (subnet === undefined) return standIn;
  const isHome = standIn.network === home.name;
  if (isHome && asked.some((address) => contains(subnet, address))) return standIn;
  const gateway = gateways.find((address) => contains(subnet, address));
  if (gateway !== undefined) {
    assumed.add(standIn.name, `its way to clients is ${gateway}${direct ? ", the client's own address there" : ""}`);
    return { ...standIn, gateways: [gateway] };
  }
  if (direct && !isHome)
    assumed.add(
      standIn.name,
      `it answers clients by itself and is not on their network, ${home.name}: they get no answer`,
    );
  return standIn;
}
