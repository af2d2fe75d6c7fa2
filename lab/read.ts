import { basename, extname } from "node:path";
import { defaultClient, defaultInstanceName, defaultVersion, hostAddressOf, macOf } from "./defaults.ts";
import type { LabDraft } from "./draft.ts";
import { completeHealthCheck } from "./health-checks/index.ts";
import { contains, type Family, familyOf, hostPort, type Ip, ofFamily, parseSubnet, toIp } from "./ip.ts";
import type { Interface, Lab, Network, Server, ServerInterface, VirtualService, VrrpInstance } from "./model.ts";
import { guestOs } from "./os.ts";
import { pageWith } from "./pages.ts";
import { completeQuorum } from "./quorum.ts";
import { rules } from "./rules.ts";
import { defaultPassword, type LabOutput, labSchema } from "./schema.ts";
import { refuseVersion1 } from "./version-1.ts";
import { extrasOf, type VrrpExtras } from "./vrrp-extras.ts";
import { parseFile, readText } from "./yaml/file.ts";
import { deepFreeze } from "./yaml/freeze.ts";
import { findingsOf } from "./yaml/rules.ts";

/**
 * The lab that a lab file's text describes.
 * @param file the file's name, for messages and for the lab's default name
 * @throws FileError with everything that is wrong
 */
export function parseLab(text: string, file: string): Lab {
  const base = basename(file, extname(file));
  refuseVersion1(text, file);
  const { contents } = parseFile(text, file, {
    schema: labSchema,
    rules: (draft) => findingsOf(rules, draft as LabDraft, { base }),
  });
  return deepFreeze(complete(contents, base));
}

/**
 * The lab that a lab file describes.
 * @throws FileError with everything that is wrong, or that the file cannot be read
 */
export async function readLab(file: string): Promise<Lab> {
  const remedy = "check the path; the textbook's labs are labs/dr.yaml and labs/ha.yaml";
  return parseLab(await readText(file, "a lab file", remedy), file);
}

/** Fills in the defaults that depend on other properties. */
function complete(file: LabOutput, base: string): Lab {
  const networks = file.networks.map((network): Network => {
    const subnets = network.subnets.map((text) => {
      const subnet = parseSubnet(text);
      if (!subnet) throw new Error(`the lab schema let ${text} pass as a subnet`);
      return subnet;
    });
    const { name, defaultRoute } = network;
    return {
      name,
      subnets,
      hostAddresses: subnets.filter((subnet) => familyOf(subnet) === 4).map(hostAddressOf),
      ...(defaultRoute === undefined ? {} : { defaultRoute: toIp(defaultRoute) }),
    };
  });
  const [front] = networks;
  if (!front) throw new Error("the lab schema let a lab without a network pass");
  const servers = file.servers.map((server) => serverOf(file, networks, server));
  const services = file.services.map((service) => serviceOf(file, service, servers));
  const vips = [...new Set(services.map(({ vip }) => vip))];
  const own = servers.flatMap(({ interfaces }) => interfaces.flatMap(({ addresses }) => addresses));
  const routes = networks
    .flatMap(({ defaultRoute = "" as Ip }) => [defaultRoute])
    .filter((route) => route && !own.includes(route));
  const extras = extrasOf(
    file.vrrp ?? [],
    (file.vrrp ?? []).map(({ addresses }) => {
      const first = toIp(addresses?.[0] ?? vips[0] ?? "");
      return { network: networkOf(networks, first), family: familyOf(first) };
    }),
  );
  return {
    version: 2,
    name: file.name ?? base,
    setup: file.setup,
    control: file.control,
    image: file.image,
    networks,
    client: {
      name: "client",
      interfaces: interfacesOf(networks, file.client?.addresses ?? front.subnets.map(defaultClient)),
    },
    servers,
    virtualAddresses: [...new Set([...vips, ...routes])].map((address) => ({
      address,
      network: networkOf(networks, address),
    })),
    vrrp: (file.vrrp ?? []).map((instance, index) => instanceOf(instance, index, networks, vips, extras[index])),
    services,
  };
}

const networkOf = (networks: readonly Network[], address: string): string => {
  const network = networks.find(({ subnets }) => subnets.some((subnet) => contains(subnet, toIp(address))));
  if (!network) throw new Error(`the lab's rules let ${address} pass, which lies in no network`);
  return network.name;
};

/**
 * A host's interfaces, one a network that it has addresses in, in the order of the networks: eth0, eth1 and so on. The IPv4 address is the first of
 * each.
 */
function interfacesOf(networks: readonly Network[], addresses: readonly string[]): Interface[] {
  const of = (network: Network) => {
    const own = addresses.filter((address) => networkOf(networks, address) === network.name).map(toIp);
    return [...ofFamily(own, 4), ...ofFamily(own, 6)];
  };
  return networks
    .map((network) => ({ network: network.name, addresses: of(network) }))
    .filter(({ addresses: own }) => own.length > 0)
    .map(({ network, addresses: own }, index) => ({ network, device: `eth${index}`, addresses: own }));
}

function serverOf(file: LabOutput, networks: readonly Network[], server: LabOutput["servers"][number]): Server {
  const interfaces = interfacesOf(networks, server.addresses).map((each): ServerInterface => {
    const { mac } = server.interfaces?.find(({ network }) => network === each.network) ?? {};
    const [address] = each.addresses;
    if (address === undefined) throw new Error(`${server.name} has an interface without an address`);
    const index = networks.findIndex(({ name }) => name === each.network);
    return { ...each, mac: mac?.toUpperCase() ?? macOf(address, index) };
  });
  const management = interfaces[0]?.addresses[0];
  if (management === undefined) throw new Error(`the lab schema let ${server.name} pass without an address`);
  return {
    name: server.name,
    role: server.role,
    os: guestOs(server.os ?? file.os),
    memory: server.memory ?? file.memory,
    ...(server.role === "real-server" ? { arpCure: server.arpCure ?? file.arpCure } : {}),
    interfaces,
    management,
  };
}

function serviceOf(
  file: LabOutput,
  service: LabOutput["services"][number],
  servers: readonly Server[],
): VirtualService {
  const { name, schedulerFlags = [], persistenceTimeout, persistenceNetmask, onePacket, ...further } = service;
  const { healthCheck, realServers, firewallMark, morePorts, ...more } = further;
  const { alpha, omega, quorum, hysteresis, quorumUp, quorumDown, sorryServer, ...rest } = more;
  const chosen =
    realServers ??
    file.servers
      .filter((one) => one.role === "real-server" && !isSorryServer(file, one.name))
      .map((one) => ({ server: one.name, weight: 1 }) as NonNullable<typeof realServers>[number]);
  const vip = toIp(service.vip);
  const family = familyOf(vip);
  return {
    ...rest,
    name: name ?? `${hostPort(vip, service.port)}${service.protocol === "udp" ? "/udp" : ""}`,
    vip,
    ...(schedulerFlags.length === 0 ? {} : { schedulerFlags: schedulerFlags.toSorted() }),
    ...(persistenceTimeout === undefined ? {} : { persistenceTimeout }),
    ...(persistenceNetmask === undefined || persistenceNetmask === 32 ? {} : { persistenceNetmask }),
    ...(onePacket ? { onePacket } : {}),
    ...(firewallMark === undefined ? {} : { firewallMark }),
    ...(morePorts ? { morePorts } : {}),
    ...(file.control === "keepalived" ? { healthCheck: completeHealthCheck(service.protocol, healthCheck) } : {}),
    ...completeQuorum(
      { alpha, omega, quorum, hysteresis, quorumUp, quorumDown, sorryServer },
      { addressOf: (server) => reachedAt(servers, server, family), family, port: service.port },
    ),
    realServers: chosen.map(({ server, port, weight, page, upperThreshold, lowerThreshold }) => ({
      server,
      address: reachedAt(servers, server, family),
      port: port ?? service.port,
      weight,
      ...(upperThreshold === undefined ? {} : { upperThreshold }),
      ...(lowerThreshold === undefined ? {} : { lowerThreshold }),
      page: pageWith(page ?? pageGiven(file, server) ?? `${server}\n`, file.token),
      ...(file.token === undefined ? {} : { token: file.token }),
    })),
  };
}

/** The address by which directors reach a real server: its first one of the family on a network that all of them are on. */
function reachedAt(servers: readonly Server[], name: string, family: Family): Ip {
  const all = servers.filter(({ role }) => role === "director");
  const interfaces = servers.find((one) => one.name === name)?.interfaces ?? [];
  const shared = interfaces.find(({ network }) =>
    all.every((director) => director.interfaces.some((one) => one.network === network)),
  );
  const [address] = ofFamily((shared ?? interfaces[0])?.addresses ?? [], family);
  if (address === undefined) throw new Error(`the lab's rules let the real server ${name} pass, which has no address`);
  return address;
}

/** Whether a server answers for real servers, and is none itself. */
const isSorryServer = (file: LabOutput, server: string): boolean =>
  file.services.some(({ sorryServer }) => sorryServer?.server === server);

/** The page that a service of the file gives a real server: it is the server's, whatever the service. */
const pageGiven = (file: LabOutput, server: string): string | undefined =>
  file.services
    .flatMap(({ realServers = [] }) => realServers)
    .find((real) => real.server === server && real.page !== undefined)?.page;

function instanceOf(
  instance: NonNullable<LabOutput["vrrp"]>[number],
  index: number,
  networks: readonly Network[],
  vips: VrrpInstance["addresses"],
  extras: VrrpExtras = {},
): VrrpInstance {
  const { id, advertInterval, preempt, name, addresses, members, password } = instance;
  const own = addresses?.map(toIp) ?? vips;
  const version = instance.version ?? defaultVersion(own[0] ?? ("" as Ip));
  const highest = Math.max(...members.map(({ priority }) => priority));
  const taken = members.some(({ state }) => state === "MASTER");
  // keepalived.conf(5), nopreempt and preempt_delay: "the initial state must not be MASTER". It ignores MASTER in a sync group.
  const mayBegin = preempt && extras.preemptDelay === undefined && extras.syncGroup === undefined;
  return {
    id,
    version,
    advertInterval,
    preempt,
    name: name ?? defaultInstanceName(index),
    network: networkOf(networks, own[0] ?? ""),
    addresses: own,
    members: members.map(({ server, priority, state }) => ({
      server,
      priority,
      state: state ?? (priority === highest && !taken && mayBegin ? "MASTER" : "BACKUP"),
    })),
    ...(version === 2 ? { password: password ?? defaultPassword } : {}),
    ...extras,
  };
}
