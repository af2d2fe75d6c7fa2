import { isDeepStrictEqual } from "node:util";
import {
  contains,
  type HealthCheck,
  type HealthCheckType,
  healthCheckFrom,
  hostPort,
  type Ip,
  type Lab,
  type RealServer,
  type Scheduler,
  type Server,
  type StandIn,
  schedulers,
  toIp,
  type VirtualService,
} from "../../lab/index.ts";
import type { Director } from "../directors/director.ts";
import type { RealServer as ConfiguredServer, VirtualServer } from "../directors/virtual-server.ts";
import type { Folder } from "../folder.ts";
import { instancesOf } from "./instances.ts";
import { management, managementDevice } from "./management.ts";
import { pageOf, serverNameOf } from "./names.ts";
import { processesOf } from "./needs.ts";
import { networkWith } from "./networks.ts";
import { askedOf } from "./open-services.ts";
import type { Plan, PlannedDirector, PlannedNetwork, PlannedService } from "./plan.ts";
import { proxiesOf } from "./proxies/index.ts";
import { runningDirectors } from "./running.ts";
import { type Configured, type EquippedStandIn, standInsOf } from "./stand-ins.ts";

/** RFC 5881, section 4. */
const BFD_PORT = 3784;

/** MiB of a director. */
const MEMORY = 512;

/**
 * The lab of a rehearsal: the directors as servers that are set up by hand, the networks of the plan, and what of the configurations the lab's model
 * knows, VRRP instances and virtual services, so that probes, faults and predictions work on it. Real servers of its services are stand-ins, no servers.
 * @param next configurations that are to replace these: stand-ins answer them, too
 */
export function labOfPlan(name: string, plan: Plan, now: Configured, next?: Configured): Lab {
  const { folder } = now;
  const directors = runningDirectors(plan, now);
  const networks = [management, ...plan.networks];
  const servers = plan.directors.map((director, index) => serverOf(plan, director, index));
  const home = plan.networks.find((one) => one.name === plan.client.network);
  const standIns = standInsOf(plan, now, next);
  const virtual = home ? servicesOf(directors, plan, { home, standIns }) : [];
  const proxied = plan.services
    .filter(({ firewallMark }) => firewallMark === undefined)
    .map((service) => proxiedService(service, plan, folder));
  // IPVS takes packets before a process on the director can.
  const services = [...virtual, ...proxied.filter(({ name }) => virtual.every((one) => one.name !== name))];
  const vrrp = instancesOf(plan, directors, folder);
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
            ...portsOf(standIns.find((one) => one.name === host)),
          })),
        }
      : {}),
    virtualAddresses: held.flatMap((address) => {
      const network = networkWith(plan.networks, address);
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
    name: serverNameOf(name),
    role: "director",
    os: plan.os,
    memory: MEMORY,
    interfaces: [
      { network: management.name, device: managementDevice, addresses: [address], mac: mac(0) },
      ...interfaces.map((one, place) => ({ ...one, mac: mac(place + 1) })),
    ],
    management: address,
  };
}

/** What a service of a rehearsal is called: its address and port; by UDP with the protocol, for there may be one by TCP on the same port. */
export const serviceNameOf = (vip: Ip, port: number, protocol: "TCP" | "UDP"): string =>
  `${hostPort(vip, port)}${protocol === "UDP" ? "/udp" : ""}`;

/**
 * The virtual servers of TCP and UDP that the client can ask for, of a group one for each of its addresses. A service is what the first director has of it.
 */
function servicesOf(
  directors: readonly Director[],
  plan: Plan,
  { home, standIns }: { readonly home: PlannedNetwork; readonly standIns: readonly EquippedStandIn[] },
): VirtualService[] {
  const first = new Map(
    directors.flatMap(({ virtualServers }) => virtualServers.map((one) => [one.key, one] as const)).toReversed(),
  );
  const hostWith = (address: string | undefined) =>
    plan.standIns.find(({ addresses }) => addresses.some((one) => one === address));
  const on = (host: string) => standIns.find(({ name }) => name === host);
  const speaksTls = (host: string, port: number): boolean =>
    on(host)?.listeners.some((one) => one.port === port && one.tls) ?? false;
  return [...first.values()].toReversed().flatMap((one) => {
    const { mark, scheduler, method, persistence } = one;
    // What goes by a firewall mark is asked by HTTP.
    const protocol = mark === undefined ? one.protocol : "TCP";
    if ((protocol !== "TCP" && protocol !== "UDP") || !isKnown(scheduler)) return [];
    return placesOf(one, plan.services).flatMap(({ vip, port, ...by }): VirtualService[] => {
      if (!home.subnets.some((subnet) => contains(subnet, vip))) return [];
      const served = one.realServers.flatMap((real) => {
        const host = hostWith(real.address);
        return host ? [{ real, host: host.name, own: real.portInTable || port }] : [];
      });
      const isByPort = by.firewallMark === undefined && by.everyPort === undefined;
      // Of TCP the probe asks by HTTP.
      if (protocol === "TCP" && served.some(({ host, own }) => on(host)?.mail.includes(own))) return [];
      const isSecure = protocol === "TCP" && served.some(({ host, own }) => speaksTls(host, own));
      const checked = served.map((each) => ({ ...each, check: healthCheckOf(each.real, isSecure) ?? null }));
      const healthCheck = checked.find(({ check }) => check !== null)?.check ?? null;
      const realServers = checked.map(
        ({ real, host, own, check }): RealServer => ({
          ...{ server: host, address: real.address as Ip, port: own, weight: real.weight, page: pageOf(host) },
          ...(isByPort ? {} : { portInTable: real.portInTable }),
          ...(isDeepStrictEqual(check, healthCheck) ? {} : { healthCheck: check }),
        }),
      );
      const sorry = one.sorryServer;
      const sorryHost = hostWith(sorry?.address)?.name;
      return [
        {
          name: serviceNameOf(vip, port, protocol),
          protocol: ({ TCP: "tcp", UDP: "udp" } as const)[protocol],
          ...{ vip, port, ...by, scheduler },
          forwarding: ({ DR: "dr", NAT: "nat", TUN: "tunnel" } as const)[method],
          ...(persistence > 0 ? { persistenceTimeout: persistence } : {}),
          ...(healthCheck ? { healthCheck } : {}),
          ...(sorry && sorryHost !== undefined
            ? {
                sorryServer: {
                  ...{ server: sorryHost, address: sorry.address, port: sorry.port || port },
                  page: pageOf(sorryHost),
                },
              }
            : {}),
          realServers,
        },
      ];
    });
  });
}

/** Where clients ask for a service. */
type AskedAt = Pick<VirtualService, "vip" | "port" | "firewallMark" | "morePorts" | "everyPort">;

/** Where clients ask for a virtual server: at its addresses and ports, and where it has none, at those that the plan names. */
function placesOf(virtual: VirtualServer, services: readonly PlannedService[]): AskedAt[] {
  const { mark, protocol, ranges } = virtual;
  const asked = askedOf(virtual, services);
  if (mark !== undefined) {
    const [first, ...more] = asked;
    if (!first) return [];
    const morePorts = more.map(({ port }) => port);
    return [
      { vip: first.address, port: first.port, firewallMark: mark, ...(morePorts.length > 0 ? { morePorts } : {}) },
    ];
  }
  const everyPort = protocol === "TCP" ? asked : [];
  return [
    ...ranges.flatMap(({ first: vip, port }) => (port > 0 ? [{ vip, port }] : [])),
    ...everyPort.map(({ address: vip, port }): AskedAt => ({ vip, port, everyPort: true })),
  ];
}

/** The ports on which a stand-in answers. */
const portsOf = (standIn: EquippedStandIn | undefined): Pick<StandIn, "ports"> =>
  standIn
    ? {
        ports: {
          tcp: [...standIn.listeners.map(({ port }) => port), ...standIn.mail],
          udp: [...standIn.datagrams.map(({ port }) => port), ...(standIn.bfd.length > 0 ? [BFD_PORT] : [])],
        },
      }
    : {};

/** What a director serves itself on an address that keepalived holds, with the stand-ins that its proxy talks to. */
function proxiedService({ address: vip, port, tls }: PlannedService, plan: Plan, folder: Folder): VirtualService {
  const serving = proxiesOf(plan, folder).filter(({ proxy }) => proxy.binds.some((bind) => bind.port === port));
  const backends = serving.flatMap(({ proxy }) => proxy.backends);
  const running = processesOf(plan.directors.flatMap(({ services }) => services));
  const [process] = serving.length > 0 ? serving.map(({ kind }) => kind.name) : running.length === 1 ? running : [];
  const realServers = plan.standIns.flatMap(({ name: server, addresses }): RealServer[] => {
    const backend = backends.find((one) => addresses.includes(one.address));
    return backend ? [{ server, address: backend.address, port: backend.port, weight: 1, page: pageOf(server) }] : [];
  });
  return {
    ...{ name: hostPort(vip, port), protocol: "tcp", vip, port, realServers },
    proxied: { tls, ...(process === undefined ? {} : { process }) },
    // IPVS has none of it: the model must have something.
    ...{ forwarding: "nat", scheduler: "rr" },
  };
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

/**
 * A real server's health check by its first one: what it asks does not matter here, its times do. By its type the probe knows what real
 * servers speak.
 */
function healthCheckOf(real: ConfiguredServer, isSecure: boolean): HealthCheck | undefined {
  const [check] = real.checks;
  const type = isSecure ? "https" : check && checkTypes[check.kind];
  if (!check || !type) return undefined;
  const { delayLoop, timeout, retry, delayBeforeRetry } = check;
  return healthCheckFrom({
    ...{ type, delayLoop, retry, delayBeforeRetry },
    ...(timeout === undefined || type === "misc" ? {} : { connectTimeout: timeout }),
    ...(type === "misc" ? { command: "/bin/true", ...(timeout === undefined ? {} : { timeout }) } : {}),
    ...(real.inhibit ? { inhibitOnFailure: true } : {}),
  });
}

const isKnown = (scheduler: string): scheduler is Scheduler => schedulers.includes(scheduler as Scheduler);
