import {
  type Cidr,
  contains,
  familyOf,
  type HealthCheckType,
  healthCheckFrom,
  type Ip,
  type Lab,
  ofFamily,
  prefixLengthOf,
  type RealServer,
  type Scheduler,
  type Server,
  schedulers,
  toIp,
  type VirtualService,
  type VrrpInstance,
} from "../../lab/index.ts";
import { all } from "../conf/tree.ts";
import type { Director } from "../directors/director.ts";
import { numberOf } from "../directors/instance.ts";
import { isOn } from "../directors/settings.ts";
import { type VirtualRouter, virtualRoutersOf } from "../directors/virtual-router.ts";
import { type RealServer as Configured, servedAddresses } from "../directors/virtual-server.ts";
import type { Plan, PlannedDirector, PlannedNetwork } from "./plan.ts";

/** The network by which directors are reached, beside those of the plan: RFC 2544's range for benchmarks is nobody's. */
const management: PlannedNetwork = { name: "management", subnets: ["198.18.0.0/24" as Cidr] };

/** The interface of a director on it. */
const MANAGEMENT_DEVICE = "mgmt0";

/** MiB of a director. */
const MEMORY = 512;

/**
 * The lab of a rehearsal: the directors as servers that are set up by hand, the networks of the plan, and what of the configurations the lab's model
 * knows, VRRP instances and virtual services, so that probes, faults and predictions work on it. Real servers of its services are stand-ins, no servers.
 */
export function labOfPlan(name: string, plan: Plan, directors: readonly Director[]): Lab {
  const networks = [management, ...plan.networks];
  const servers = plan.directors.map((director, index) => serverOf(plan, director, index));
  const home = plan.networks.find((one) => one.name === plan.client.network);
  const services = home ? servicesOf(directors, plan, home) : [];
  const vrrp = virtualRoutersOf(directors).flatMap((router) => instanceOf(router, plan) ?? []);
  const held = [...new Set([...services.map(({ vip }) => vip), ...vrrp.flatMap(({ addresses }) => addresses)])];
  return {
    version: 2,
    name,
    setup: "manual",
    control: "keepalived",
    image: { packages: "baked" },
    networks: networks.map(({ name: network, subnets }, index) => ({
      name: network,
      subnets,
      // The lab host has no address in the networks of the plan: it could be one of theirs.
      hostAddresses: index === 0 ? [toIp("198.18.0.1")] : [],
    })),
    client: {
      name: "client",
      interfaces: [{ network: plan.client.network, device: "eth0", addresses: plan.client.addresses }],
    },
    servers,
    ...(plan.standIns.length > 0
      ? {
          standIns: plan.standIns.map(({ name: host, network, addresses }) => ({
            name: host,
            interfaces: [{ network, device: "eth0", addresses }],
          })),
        }
      : {}),
    virtualAddresses: held.flatMap((address) => {
      const network = networkWith(plan, address);
      return network ? [{ address, network: network.name }] : [];
    }),
    vrrp,
    services,
  };
}

function serverOf(plan: Plan, { name, interfaces }: PlannedDirector, index: number): Server {
  const address = toIp(`198.18.0.${11 + index}`);
  const mac = (place: number) =>
    ["52:54:00:e0", ...[index, place].map((byte) => byte.toString(16).padStart(2, "0"))].join(":").toUpperCase();
  return {
    name,
    role: "director",
    os: plan.os,
    memory: MEMORY,
    interfaces: [
      { network: management.name, device: MANAGEMENT_DEVICE, addresses: [address], mac: mac(0) },
      ...interfaces.map((one, place) => ({ ...one, mac: mac(place + 1) })),
    ],
    management: address,
  };
}

const networkWith = ({ networks }: Plan, address: Ip): PlannedNetwork | undefined =>
  networks.find(({ subnets }) => subnets.some((subnet) => contains(subnet, address)));

/** The prefix length of an address in the plan's networks. */
const prefixLengthIn = (plan: Plan, network: string, address: Ip): number => {
  const subnet = plan.networks.find(({ name }) => name === network)?.subnets.find((one) => contains(one, address));
  return subnet ? prefixLengthOf(subnet) : familyOf(address) === 4 ? 32 : 128;
};

/** A virtual router as an instance of the lab's model; undefined if it has nothing that could move. */
function instanceOf({ id, members }: VirtualRouter, plan: Plan): VrrpInstance | undefined {
  const [master] = members;
  if (!master) return undefined;
  const { instance, director } = master;
  const addresses = ofFamily(
    instance.addresses.map(({ address }) => address),
    instance.family,
  );
  const network = plan.directors
    .find(({ name }) => name === director.name)
    ?.interfaces.find(({ device }) => device === (instance.interface ?? "eth0"))?.network;
  if (addresses.length === 0 || network === undefined) return undefined;
  const group = director.syncGroups.find((one) => one.members.some(({ name }) => name === instance.name));
  return {
    ...{ name: instance.name, id, version: instance.version, network, addresses },
    members: members.map((one) => ({
      server: one.director.name,
      priority: one.instance.priority,
      state: one.instance.state,
    })),
    advertInterval: instance.advertInterval,
    preempt: members.every((one) => one.instance.preempt),
    ...(instance.preemptDelay > 0 ? { preemptDelay: instance.preemptDelay } : {}),
    ...(instance.unicast ? { unicast: true as const } : {}),
    ...(instance.block.some((one) => one.keyword === "use_vmac" && isOn(one)) ? { useVmac: true as const } : {}),
    ...(group ? { syncGroup: group.name } : {}),
  };
}

/** The virtual servers for web pages whose address the client can ask for. A service is what the first director has of it. */
function servicesOf(directors: readonly Director[], plan: Plan, home: PlannedNetwork): VirtualService[] {
  const seen = new Set<string>();
  return directors
    .flatMap(({ virtualServers }) => virtualServers)
    .flatMap(({ key, kind, at, ranges, protocol, scheduler, method, persistence, realServers }) => {
      const vip = ranges[0]?.first;
      const port = Number(at.words[1]);
      const known = schedulers.includes(scheduler as Scheduler);
      if (seen.has(key) || protocol !== "TCP" || !vip || !known || !Number.isInteger(port)) return [];
      if (!home.subnets.some((subnet) => contains(subnet, vip)) || kind !== "address") return [];
      seen.add(key);
      return [
        {
          name: `${vip}:${port}`,
          protocol: "tcp" as const,
          ...{ vip, port, scheduler: scheduler as Scheduler },
          forwarding: ({ DR: "dr", NAT: "nat", TUN: "tunnel" } as const)[method],
          ...(persistence > 0 ? { persistenceTimeout: persistence } : {}),
          ...healthCheckOf(realServers[0]),
          realServers: realServers.flatMap((real): RealServer[] => {
            const host = plan.standIns.find((one) => one.addresses.includes(real.address as Ip));
            if (!host) return [];
            const { weight } = real;
            return [
              {
                server: host.name,
                address: real.address as Ip,
                port: real.portInTable || port,
                weight,
                page: `${host.name}\n`,
              },
            ];
          }),
        },
      ];
    });
}

/** What kinds of checks are called in a lab. */
const checkTypes: Readonly<Record<string, HealthCheckType>> = {
  TCP_CHECK: "tcp",
  HTTP_GET: "http",
  SSL_GET: "https",
  UDP_CHECK: "udp",
  DNS_CHECK: "dns",
  SMTP_CHECK: "smtp",
  PING_CHECK: "ping",
  MISC_CHECK: "misc",
};

/** A service's health check by the first check of a real server: what it asks does not matter here, its times do. */
function healthCheckOf(real: Configured | undefined): Pick<VirtualService, "healthCheck"> {
  const [check] = real?.checks ?? [];
  const type = check && checkTypes[check.kind];
  if (!check || !type) return {};
  const { delayLoop, timeout, retry, delayBeforeRetry } = check;
  const given = {
    ...{ type, delayLoop, retry, delayBeforeRetry },
    ...(timeout === undefined || type === "misc" ? {} : { connectTimeout: timeout }),
    ...(type === "misc" ? { command: "/bin/true", ...(timeout === undefined ? {} : { timeout }) } : {}),
    ...(real?.inhibit ? { inhibitOnFailure: true } : {}),
  };
  const healthCheck = healthCheckFrom(given);
  return healthCheck ? { healthCheck } : {};
}

/** Where a stand-in answers: each port of it that a configuration names, with TLS where a health check speaks it, and with the statuses that it asks for. */
interface Listener {
  readonly port: number;
  readonly tls: boolean;
  readonly statuses: Readonly<Record<string, number>>;
}

/** What is asked of a host of the plan by virtual servers and their health checks. */
function listenersOf(addresses: readonly Ip[], directors: readonly Director[]): Listener[] {
  const found = new Map<number, Listener>();
  const listen = (port: number, { tls = false, statuses = {} }: Partial<Listener> = {}) => {
    const known = found.get(port);
    if (Number.isInteger(port) && port > 0)
      found.set(port, { port, tls: tls || known?.tls === true, statuses: { ...known?.statuses, ...statuses } });
  };
  for (const { virtualServers } of directors)
    for (const { at, block, realServers } of virtualServers) {
      for (const real of realServers) {
        if (!addresses.includes(real.address as Ip)) continue;
        listen(real.portInTable || real.port || Number(at.words[1]));
        for (const check of real.checks) {
          listen(check.port ?? 0, { tls: check.kind === "SSL_GET", statuses: statusesOf(check.block) });
        }
      }
      for (const { words } of all(block, "sorry_server"))
        if (addresses.includes(words[0] as Ip)) listen(Number(words[1] ?? at.words[1]));
    }
  return [...found.values()].sort((one, other) => one.port - other.port);
}

/** The statuses that HTTP_GET and SSL_GET ask for, by path, where they are not 200. */
function statusesOf(block: Parameters<typeof all>[0]): Record<string, number> {
  const urls = all(block, "url").map(({ block: inside }) => ({
    path: all(inside, "path").at(-1)?.words[0] ?? "/",
    status: numberOf(all(inside, "status_code").at(-1)) ?? 200,
  }));
  return Object.fromEntries(urls.filter(({ status }) => status !== 200).map(({ path, status }) => [path, status]));
}

/** A stand-in with all that configurations ask of it. Addresses of its own have their prefix lengths. */
export interface EquippedStandIn {
  readonly name: string;
  readonly network: string;
  readonly addresses: string[];
  readonly quietAddresses: string[];
  readonly gateways: string[];
  readonly tunnel: boolean;
  readonly listeners: Listener[];
}

/** The stand-ins of a plan, each with what the directors' configurations ask of it. */
export const standInsOf = (plan: Plan, directors: readonly Director[]): EquippedStandIn[] =>
  plan.standIns.map(({ name, network, addresses, gateways }) => ({
    ...{ name, network },
    addresses: addresses.map((address) => `${address}/${prefixLengthIn(plan, network, address)}`),
    quietAddresses: quietAddressesOf(addresses, directors),
    gateways: [...gateways],
    tunnel: directors.some(({ virtualServers }) =>
      virtualServers.some(
        ({ method, realServers }) =>
          method === "TUN" && realServers.some(({ address }) => addresses.includes(address as Ip)),
      ),
    ),
    listeners: listenersOf(addresses, directors),
  }));

/** The VIPs that a host of the plan has to have without answering for them: those that reach it by direct routing or in a tunnel. */
const quietAddressesOf = (addresses: readonly Ip[], directors: readonly Director[]): Ip[] => [
  ...new Set(
    directors.flatMap(({ virtualServers }) =>
      virtualServers
        .filter(
          ({ method, realServers }) =>
            method !== "NAT" && realServers.some((real) => addresses.includes(real.address as Ip)),
        )
        .flatMap(servedAddresses),
    ),
  ),
];
