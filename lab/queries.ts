import type { BfdTimers } from "./bfd.ts";
import { forwardingMethods } from "./forwarding/index.ts";
import type { ForwardingMethod } from "./forwarding/method.ts";
import { healthCheckKind } from "./health-checks/index.ts";
import type { HealthCheckKind } from "./health-checks/kind.ts";
import {
  type Cidr,
  contains,
  type Family,
  familyOf,
  hostPort,
  type Ip,
  linkLocalOf,
  ofFamily,
  prefixLengthOf,
} from "./ip.ts";
import type {
  Client,
  Interface,
  Lab,
  Network,
  Protocol,
  RealServer,
  Server,
  ServerInterface,
  TrackBfd,
  VirtualService,
  VrrpInstance,
  VrrpState,
} from "./model.ts";
import { schedulingMethods } from "./schedulers/index.ts";
import type { SchedulingMethod } from "./schedulers/method.ts";

/** The lab's directors, in the order of the file. */
export const directors = (lab: Lab): Server[] => lab.servers.filter(({ role }) => role === "director");

/** Whether a server is a director whose IPVS table this one controls. */
export const isDirectorUnder = (control: Lab["control"], lab: Lab, { role }: Pick<Server, "role">): boolean =>
  role === "director" && lab.control === control;

/** The lab's real servers, in the order of the file: also a director that serves itself, IPVS's local node. */
export const realServers = (lab: Lab): Server[] =>
  lab.servers.filter(({ name, role }) => role === "real-server" || servicesOf(lab, name).length > 0);

/** @throws Error if the lab has no such server */
export const serverNamed = (lab: Lab, name: string): Server =>
  found(
    lab.servers.find((server) => server.name === name),
    `the lab ${lab.name} has no server ${name}`,
  );

/** @throws Error if the lab has no such network */
export const networkNamed = (lab: Lab, name: string): Network =>
  found(
    lab.networks.find((network) => network.name === name),
    `the lab ${lab.name} has no network ${name}`,
  );

/** A host's interface on a network. @throws Error if it has none */
export function interfaceOn(host: Server, network: string): ServerInterface;
export function interfaceOn(host: Client, network: string): Interface;
export function interfaceOn(host: Server | Client, network: string): Interface {
  const all: readonly Interface[] = host.interfaces;
  return found(
    all.find((each) => each.network === network),
    `${host.name} is not on the network ${network}`,
  );
}

/** A server's interface on a network, or its first one if it has none there: another network's real server. */
export const interfaceTowards = (server: Server, network: string): ServerInterface =>
  found(
    server.interfaces.find((each) => each.network === network) ?? server.interfaces[0],
    `${server.name} has no interface`,
  );

/** The host's address of a family on a network. @throws Error if it has none */
export const addressOn = (host: Server | Client, network: string, family: Family = 4): Ip => {
  const all: readonly Interface[] = host.interfaces;
  const [address] = ofFamily(all.find((each) => each.network === network)?.addresses ?? [], family);
  return found(address, `${host.name} has no ${family === 6 ? "IPv6 " : ""}address on ${network}`);
};

/** The host's own address from which it speaks to others about a VIP: of the VIP's family, on its network. @throws Error if it has none */
export const addressBeside = (lab: Lab, host: Server | Client, vip: Ip): Ip =>
  addressOn(host, networkOfVip(lab, vip).name, familyOf(vip));

/** The client's address. */
export const clientAddress = (lab: Lab, family: Family = 4): Ip =>
  found(ofFamily(lab.client.interfaces[0]?.addresses ?? [], family)[0], "the client has no address");

/** The subnet that an address of the lab lies in. @throws Error if it lies in none */
export const subnetFor = (lab: Lab, address: Ip): Cidr =>
  found(
    lab.networks.flatMap(({ subnets }) => subnets).find((subnet) => contains(subnet, address)),
    `${address} lies in no network of the lab ${lab.name}`,
  );

/** `ADDRESS/LENGTH`, with the prefix length of its subnet. */
export const withPrefix = (lab: Lab, address: Ip): string => `${address}/${prefixLengthOf(subnetFor(lab, address))}`;

/** The network that a VIP of the lab lies in. @throws Error if it is no VIP of the lab */
export const networkOfVip = (lab: Lab, vip: Ip): Network =>
  networkNamed(
    lab,
    found(
      lab.virtualAddresses.find(({ address }) => address === vip)?.network,
      `${vip} is no VIP of the lab ${lab.name}`,
    ),
  );

/** The VRRP instance that a VIP belongs to; undefined where a director holds it by its own configuration. */
export const instanceOfVip = (lab: Lab, vip: Ip): VrrpInstance | undefined =>
  lab.vrrp.find(({ addresses }) => addresses.includes(vip));

/** The VRRP instances that a director takes part in. */
export const instancesOf = (lab: Lab, server: string): VrrpInstance[] =>
  lab.vrrp.filter(({ members }) => members.some((member) => member.server === server));

/** The VRRP instances that advertise on a network. */
export const instancesOnNetwork = (lab: Lab, name: string): VrrpInstance[] =>
  lab.vrrp.filter(({ network }) => network === name);

/** A director's VRRP priority in an instance; undefined if it takes no part. */
export const priorityIn = (instance: VrrpInstance, server: string): number | undefined =>
  instance.members.find((member) => member.server === server)?.priority;

/** The members of an instance, the highest priority first. */
export const byPriority = (instance: VrrpInstance): VrrpInstance["members"] =>
  instance.members.toSorted((one, other) => other.priority - one.priority);

/** The director that an instance elects while all of its members are well: the one of the highest priority. */
export const electedOf = (instance: VrrpInstance): string =>
  found(byPriority(instance)[0]?.server, `the VRRP instance ${instance.name} has no members`);

/** The director that is to hold a VIP while all are well. */
export function holderOf(lab: Lab, vip: Ip): string {
  const instance = instanceOfVip(lab, vip);
  return instance ? electedOf(instance) : found(directors(lab)[0]?.name, `the lab ${lab.name} has no director`);
}

/** ipvsadm's name of a service: `-t VIP:PORT`, or `-u VIP:PORT` for UDP, or `-f MARK`. A service of all ports has port 0. */
export const ipvsKeyOf = ({ protocol, vip, port, firewallMark, everyPort }: VirtualService): string =>
  firewallMark === undefined
    ? `${protocol === "udp" ? "-u" : "-t"} ${hostPort(vip, everyPort ? 0 : port)}`
    : `-f ${firewallMark}`;

/** IPVS's name of a service's destination: `ADDRESS:PORT`, with port 0 where packets of several ports keep theirs. */
export const destinationKeyOf = (
  { firewallMark }: Pick<VirtualService, "firewallMark">,
  { address, port, portInTable }: Pick<RealServer, "address" | "port" | "portInTable">,
): string => hostPort(address, portInTable ?? (firewallMark === undefined ? port : 0));

/** All ports of a service. */
export const portsOfService = ({ port, morePorts = [] }: VirtualService): number[] => [port, ...morePorts];

/** The ports on which a server is to answer a protocol; `tls`: those of them on which it speaks TLS. */
export const portsOf = (lab: Lab, server: string, protocol: Protocol, { tls = false } = {}): number[] => [
  ...new Set(
    servedBy(lab, server)
      .filter((service) => service.protocol === protocol)
      .flatMap((service) =>
        [portFor(service, server), ...(service.morePorts ?? [])].filter(
          (port) => !tls || schemeAt(service, port) === "https",
        ),
      ),
  ),
];

/** Whether a host is a stand-in: no VM, a network namespace on the lab host. */
export const isStandIn = (lab: Lab, host: string): boolean => lab.standIns?.some(({ name }) => name === host) === true;

/** The services that a real server is a destination of. */
export const servicesOf = (lab: Lab, server: string): VirtualService[] =>
  lab.services.filter((service) => service.realServers.some((real) => real.server === server));

/** What a service's health check speaks to the real servers, beside what they serve anyway. */
export const spokenBy = ({ healthCheck }: VirtualService): HealthCheckKind["speaks"] =>
  healthCheck && healthCheckKind(healthCheck.type).speaks;

/** Whether a health check of a real server speaks this to it. */
export const isAskedBy = (lab: Lab, server: string, speaks: NonNullable<HealthCheckKind["speaks"]>): boolean =>
  servicesOf(lab, server).some((service) => spokenBy(service) === speaks);

/** The services whose sorry server this is. A director is that of every service whose file names none. */
export const sorryServicesOf = (lab: Lab, server: string): VirtualService[] =>
  lab.services.filter(
    ({ sorryServer }) =>
      sorryServer && (sorryServer.server ?? (isDirector(lab, server) ? server : undefined)) === server,
  );

const isDirector = (lab: Lab, server: string): boolean => serverNamed(lab, server).role === "director";

/** The services that a server has a page for, as a real server or as a sorry server. */
export const servedBy = (lab: Lab, server: string): VirtualService[] => [
  ...servicesOf(lab, server),
  ...sorryServicesOf(lab, server),
];

/** The VIPs of the services that a server has a page for, each once. */
export const vipsOf = (lab: Lab, server: string): Ip[] => [...new Set(servedBy(lab, server).map(({ vip }) => vip))];

/** The VIPs that a real server must own on its interface, or on a tunnel device: those of services whose method says so. Each once. */
export const ownVipsOf = (lab: Lab, server: string, { tunnelled = false } = {}): Ip[] => [
  ...new Set(
    servedBy(lab, server)
      .filter(({ forwarding }) => {
        const method: ForwardingMethod = forwardingMethods[forwarding];
        return method.keepsDestination && (method.tunnelDevice !== undefined) === tunnelled;
      })
      .map(({ vip }) => vip),
  ),
];

/** Whether a real server must own a VIP at all. */
export const ownsVips = (lab: Lab, server: string): boolean =>
  serverNamed(lab, server).role === "real-server" &&
  servedBy(lab, server).some(({ forwarding }) => forwardingMethods[forwarding].keepsDestination);

/** The next hop of a real server's answers to other networks, if a network of the server says so: a director has it. */
export const defaultRouteOf = (lab: Lab, { role, interfaces }: Server): Ip | undefined =>
  role === "director"
    ? undefined
    : interfaces.flatMap(({ network }) => networkNamed(lab, network).defaultRoute ?? [])[0];

/** Whether a server is to forward packets between its networks: a director that is the default route of one. */
export const forwardsPackets = (lab: Lab, { role, interfaces }: Server): boolean =>
  role === "director" && interfaces.some(({ network }) => networkNamed(lab, network).defaultRoute !== undefined);

/** The device by which a server's services come in: that of its first interface. */
export const serviceDevice = ({ name, interfaces: [first] }: Server): string =>
  found(first, `${name} has no interface`).device;

/** What a server serves for a service of its own: one that it is a destination of, or the sorry server of. */
export const pageFor = (service: VirtualService, server: string): string =>
  destinationOn(service, server)?.page ?? service.sorryServer?.page ?? "";

/** The port on which it serves it. */
export const portFor = (service: VirtualService, server: string): number =>
  destinationOn(service, server)?.port ?? service.sorryServer?.port ?? service.port;

/** A service's destination on a server. */
export const destinationOn = ({ realServers: all }: VirtualService, server: string): RealServer | undefined =>
  all.find((one) => one.server === server);

/** What the web server of a server serves: the page of the first service that it has one for. */
export const pageOf = (lab: Lab, server: string): string => {
  const [service] = servedBy(lab, server);
  return service ? pageFor(service, server) : "";
};

/** The port of HTTP over TLS: RFC 9110, section 4.2.2. */
const HTTPS = 443;

/** What a service's web servers speak on a port: TLS where the health check does, and in a port group on that of HTTPS. */
export const schemeAt = ({ healthCheck, morePorts, proxied }: VirtualService, port: number): "http" | "https" =>
  proxied?.tls || (healthCheck && healthCheckKind(healthCheck.type).tls) || (morePorts && port === HTTPS)
    ? "https"
    : "http";

/** What they speak on its first port. */
export const schemeOf = (service: VirtualService): "http" | "https" => schemeAt(service, service.port);

/** The URL of one of a service's ports for its clients. */
export const urlAt = (service: VirtualService, port: number): string =>
  `${schemeAt(service, port)}://${hostPort(service.vip, port)}/`;

/** A service's URL for its clients. */
export const serviceUrl = (service: VirtualService): string => urlAt(service, service.port);

/** A server's end of a BFD session: keepalived.conf(5), bfd_instance. */
export interface BfdSession extends BfdTimers {
  /** keepalived's name for it, on this server. */
  readonly name: string;
  readonly source: Ip;
  readonly neighbor: Ip;
}

/** A director's part in a VRRP instance. */
export interface VrrpPart
  extends Omit<VrrpInstance, "members" | "network" | "unicast" | "trackInterfaces" | "trackBfd"> {
  readonly interface: string;
  readonly state: VrrpState;
  readonly priority: number;
  /** Its address, and those of the other members; not there: it advertises by multicast. */
  readonly unicast?: { readonly source: Ip; readonly peers: readonly Ip[] };
  readonly trackInterfaces?: readonly { readonly device: string; readonly weight: number }[];
  readonly trackBfd?: readonly (BfdSession & { readonly weight: number })[];
}

/** A director's end of a session that an instance of that family tracks. */
const bfdSessionOf = (
  lab: Lab,
  director: Server,
  { name, neighbor, network, minTx, minRx, multiplier }: TrackBfd,
  family: Family,
): BfdSession => ({
  name,
  source: addressOn(director, network, family),
  neighbor: addressOn(serverNamed(lab, neighbor), network, family),
  ...{ minTx, minRx, multiplier },
});

/** A director's part in each VRRP instance that it is a member of. */
export const vrrpPartsOf = (lab: Lab, director: Server): VrrpPart[] =>
  instancesOf(lab, director.name).flatMap(({ members, network, unicast, trackInterfaces, trackBfd, ...instance }) => {
    const family = familyOfInstance(instance);
    const peers = members
      .filter(({ server }) => server !== director.name)
      .map(({ server }) => serverNamed(lab, server));
    return members
      .filter(({ server }) => server === director.name)
      .map(({ state, priority }) => ({
        ...instance,
        interface: interfaceOn(director, network).device,
        state,
        priority,
        addresses: advertisedBy({ ...instance, ...(unicast ? { unicast } : {}) }),
        ...(unicast
          ? {
              unicast: {
                source: addressOn(director, network, family),
                peers: peers.map((peer) => addressOn(peer, network, family)),
              },
            }
          : {}),
        ...(trackInterfaces
          ? {
              trackInterfaces: trackInterfaces.map((one) => ({
                device: interfaceOn(director, one.network).device,
                weight: one.weight,
              })),
            }
          : {}),
        ...(trackBfd
          ? { trackBfd: trackBfd.map((one) => ({ ...bfdSessionOf(lab, director, one, family), weight: one.weight })) }
          : {}),
      }));
  });

/** The real servers of a service that get new connections, those of a weight above 0, in the order of the file. */
export const poolOf = (service: VirtualService): RealServer[] => service.realServers.filter(({ weight }) => weight > 0);

/** The model of a service's scheduler. */
export const schedulingOf = ({ scheduler }: Pick<VirtualService, "scheduler">): SchedulingMethod =>
  schedulingMethods[scheduler];

/** Whether a real server of the pool may have all the connections that it takes. */
export const hasThresholds = (service: VirtualService): boolean =>
  poolOf(service).some(({ upperThreshold }) => upperThreshold !== undefined);

/** Whether a client's requests go to the pool strictly in turn. Persistence comes before every scheduler. */
export const goesInTurn = (service: VirtualService): boolean =>
  !service.proxied &&
  service.persistenceTimeout === undefined &&
  !hasThresholds(service) &&
  schedulingOf(service).inTurn(poolOf(service).map(({ weight }) => weight));

/** Whether a single client's requests, one after the other, are shared out equally to the pool. */
export const sharesAreEven = (service: VirtualService): boolean =>
  !service.proxied &&
  service.persistenceTimeout === undefined &&
  !hasThresholds(service) &&
  schedulingOf(service).even(poolOf(service).map(({ weight }) => weight));

/** The family of an instance's addresses, over which it advertises. */
export const familyOfInstance = ({ addresses: [first] }: Pick<VrrpInstance, "addresses">): Family =>
  first === undefined ? 4 : familyOf(first);

/** The address from which a member advertises: over IPv6 its link-local one (RFC 9568, section 5.1.2.1), unless it advertises by unicast. */
export const advertSourceOf = (lab: Lab, { addresses, network, unicast }: VrrpInstance, server: string): Ip => {
  const host = serverNamed(lab, server);
  const family = familyOfInstance({ addresses });
  return family === 6 && !unicast ? linkLocalOf(interfaceOn(host, network).mac) : addressOn(host, network, family);
};

/**
 * The addresses that an instance's master takes and advertises. The first one over IPv6 is a link-local one, which is the virtual router's (RFC 9568,
 * section 5.2.9): that of its virtual MAC address, 00-00-5E-00-02 and the VRID.
 */
export const advertisedBy = ({ id, addresses, unicast }: Pick<VrrpInstance, "id" | "addresses" | "unicast">): Ip[] =>
  familyOfInstance({ addresses }) === 6 && !unicast
    ? [linkLocalOf(routerMacOf({ id, addresses })), ...addresses]
    : [...addresses];

/** A virtual router's own MAC address, in lower case, whether it is in use or not: RFC 9568, section 7.3. */
export const routerMacOf = ({ id, addresses }: Pick<VrrpInstance, "id" | "addresses">): string =>
  `00:00:5e:00:0${familyOfInstance({ addresses }) === 6 ? 2 : 1}:${id.toString(16).padStart(2, "0")}`;

/** The MAC address of a VRRP instance that has one of its own. */
export const virtualMacOf = (instance: VrrpInstance): string | undefined =>
  instance.useVmac ? routerMacOf(instance) : undefined;

/** The server whose interface has a hardware address, in whatever case it is written: Linux prints it in lower, libvirt's provider in upper. */
export const serverWithMac = (lab: Lab, mac: string): string | undefined =>
  lab.servers.find(({ interfaces }) => interfaces.some((one) => one.mac.toLowerCase() === mac.toLowerCase()))?.name;

function found<T>(value: T | undefined, message: string): T {
  if (value === undefined) throw new Error(message);
  return value;
}
