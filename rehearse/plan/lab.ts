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
  schedulers,
  toIp,
  type VirtualService,
  type VrrpInstance,
} from "../../lab/index.ts";
import type { Director } from "../directors/director.ts";
import { isOn } from "../directors/settings.ts";
import { type Member, type VirtualRouter, virtualRoutersOf } from "../directors/virtual-router.ts";
import type { RealServer as Configured } from "../directors/virtual-server.ts";
import { bestPriority } from "../directors/weight.ts";
import { management, managementDevice } from "./management.ts";
import { serverNameOf } from "./names.ts";
import type { Plan, PlannedDirector, PlannedNetwork } from "./plan.ts";
import { deviceOf } from "./segments.ts";
import { standInsOf } from "./stand-ins.ts";
import { trackedOf } from "./tracking.ts";

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

const networkWith = ({ networks }: Plan, address: Ip): PlannedNetwork | undefined =>
  networks.find(({ subnets }) => subnets.some((subnet) => contains(subnet, address)));

/** A virtual router as an instance of the lab's model; undefined if it has nothing that could move. */
function instanceOf({ id, members: all }: VirtualRouter, plan: Plan): VrrpInstance | undefined {
  const best = (one: Member): number => bestPriority(one.director, one.instance);
  const members = all.toSorted((one, other) => best(other) - best(one));
  const [master] = members;
  if (!master) return undefined;
  const { instance, director } = master;
  // Those of its family first: they are in its advertisements. A link-local address is in no network of the plan.
  const addresses = [...instance.addresses, ...instance.excluded]
    .map(({ address }) => address)
    .filter((address) => networkWith(plan, address) !== undefined);
  const planned = plan.directors.find(({ name }) => name === director.name);
  const network = planned?.interfaces.find(({ device }) => device === deviceOf(director, instance))?.network;
  if (addresses.length === 0 || !planned || network === undefined) return undefined;
  const tracked = trackedOf(master, planned, network);
  // The lab's model adds what all members track to their priorities; here each may track something else.
  const { trackScripts = [], trackProcesses = [], trackInterfaces = [] } = tracked;
  const raised = [...trackScripts, ...trackProcesses, ...trackInterfaces].reduce(
    (sum, { weight }) => sum + Math.max(0, weight),
    0,
  );
  const group = director.syncGroups.find((one) => one.members.some(({ name }) => name === instance.name));
  return {
    ...{ name: instance.name, id, version: instance.version, network, addresses },
    members: members.map((one) => ({
      server: serverNameOf(one.director.name),
      priority: best(one) - raised,
      state: one.instance.state,
    })),
    advertInterval: instance.advertInterval,
    preempt: members.every((one) => one.instance.preempt),
    ...(instance.preemptDelay > 0 ? { preemptDelay: instance.preemptDelay } : {}),
    ...(instance.unicast ? { unicast: true as const } : {}),
    ...(instance.block.some((one) => one.keyword === "use_vmac" && isOn(one)) ? { useVmac: true as const } : {}),
    ...(group ? { syncGroup: group.name } : {}),
    ...tracked,
  };
}

/**
 * The virtual servers for web pages whose address the client can ask for, of a group one for each of its addresses. A service is what the first director has
 * of it.
 */
function servicesOf(directors: readonly Director[], plan: Plan, home: PlannedNetwork): VirtualService[] {
  const first = new Map(
    directors.flatMap(({ virtualServers }) => virtualServers.map((one) => [one.key, one] as const)).toReversed(),
  );
  const standIns = standInsOf(plan, directors);
  const hostWith = (address: string | undefined) =>
    plan.standIns.find(({ addresses }) => addresses.some((one) => one === address));
  const speaksTls = (host: string, port: number): boolean =>
    standIns.find(({ name }) => name === host)?.listeners.some((one) => one.port === port && one.tls) ?? false;
  return [...first.values()].toReversed().flatMap((one) => {
    const { kind, protocol, scheduler, method, persistence } = one;
    if (kind === "fwmark" || protocol !== "TCP" || !isKnown(scheduler)) return [];
    return one.ranges.flatMap(({ first: vip, port }): VirtualService[] => {
      if (port === 0 || !home.subnets.some((subnet) => contains(subnet, vip))) return [];
      const served = one.realServers.flatMap((real) => {
        const host = hostWith(real.address);
        return host ? [{ real, host: host.name, own: real.portInTable || port }] : [];
      });
      const isSecure = served.some(({ host, own }) => speaksTls(host, own));
      const checked = served.map((each) => ({ ...each, check: healthCheckOf(each.real, isSecure) ?? null }));
      const healthCheck = checked.find(({ check }) => check !== null)?.check ?? null;
      const realServers = checked.map(
        ({ real, host, own, check }): RealServer => ({
          ...{ server: host, address: real.address as Ip, port: own, weight: real.weight, page: pageOf(host) },
          ...(isDeepStrictEqual(check, healthCheck) ? {} : { healthCheck: check }),
        }),
      );
      const [sorryAddress, sorryPort] = one.sorryServer?.words ?? [];
      const sorry = hostWith(sorryAddress)?.name;
      return [
        {
          ...{ name: hostPort(vip, port), protocol: "tcp" as const, vip, port, scheduler },
          forwarding: ({ DR: "dr", NAT: "nat", TUN: "tunnel" } as const)[method],
          ...(persistence > 0 ? { persistenceTimeout: persistence } : {}),
          ...(healthCheck ? { healthCheck } : {}),
          ...(sorry === undefined
            ? {}
            : {
                sorryServer: {
                  ...{ server: sorry, address: sorryAddress as Ip, port: Number(sorryPort ?? port) },
                  page: pageOf(sorry),
                },
              }),
          realServers,
        },
      ];
    });
  });
}

/** What a stand-in serves. */
const pageOf = (host: string): string => `${host}\n`;

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
function healthCheckOf(real: Configured, isSecure: boolean): HealthCheck | undefined {
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
