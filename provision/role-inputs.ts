import type { z } from "zod";
import {
  addressBeside,
  defaultRouteOf,
  directors,
  familyOf,
  forwardingMethods,
  forwardsPackets,
  hostPort,
  ipvsKeyOf,
  type Lab,
  ofFamily,
  ownsVips,
  ownVipsOf,
  pageOf,
  portsOf,
  type Server,
  serviceDevice,
  servicesOf,
  type VirtualService,
  vrrpPartsOf,
  withPrefix,
} from "../lab/index.ts";
import { type OsFamily, osFamilies } from "./os.ts";
import { arpCures } from "./roles/arp-cures/index.ts";
import type { director } from "./roles/director.ts";
import type { httpd } from "./roles/httpd.ts";
import type { interfaces } from "./roles/interfaces.ts";
import { asHost } from "./roles/ip-address.ts";
import { type keepalived, serviceLine } from "./roles/keepalived.ts";
import { programsOf } from "./roles/keepalived-commands.ts";
import { keepalivedConf, PASSWORD } from "./roles/keepalived-conf.ts";
import { notifyScriptOf, syncDaemonOf } from "./roles/keepalived-vrrp.ts";
import type { mail } from "./roles/mail.ts";
import type { packages } from "./roles/packages.ts";
import type { realServer } from "./roles/real-server.ts";
import type { routing } from "./roles/routing.ts";
import type { udpServer } from "./roles/udp-server.ts";

/** Properties that are the same in every lab, by their defaults: they are there to be observed. */
type Constant = "running" | "enabled" | "onBoot" | "otherServices" | "otherWeights" | "autoconfigured";

/** What a resource is to bring about, as far as a lab determines it. */
type Wanted<Definition extends { readonly want: z.ZodObject }> = Readonly<Omit<z.output<Definition["want"]>, Constant>>;

/**
 * The roles of a server, each with the inputs that its lab determines. A role that the server does not have is absent. What only a stack knows
 * is not here: how the server is reached, and keys.
 */
export interface RoleInputs {
  /** The interfaces beyond the first one, and IPv6 addresses. */
  readonly interfaces?: Wanted<typeof interfaces>;
  readonly packages: Wanted<typeof packages> & {
    /** The rows of os.ts that the roles need. `names` has nftables too, which faults use. */
    readonly groups: readonly (keyof OsFamily)[];
  };
  readonly httpd?: Wanted<typeof httpd>;
  readonly udpServer?: Wanted<typeof udpServer>;
  readonly routing?: Wanted<typeof routing>;
  readonly realServer?: Wanted<typeof realServer> & { readonly interface: string; readonly address6?: string };
  readonly director?: Wanted<typeof director>;
  readonly mail?: Wanted<typeof mail>;
  /** The other directors' names, in the order of the file. */
  readonly peerKeys?: { readonly peers: readonly string[] };
  readonly keepalived?: Wanted<typeof keepalived>;
}

/** The roles of a server. In a manual lab: those that it is to get by hand. */
export function roleInputs(lab: Lab, server: Server): RoleInputs {
  const backend = {
    ...interfacesOf(lab, server),
    packages: packagesOf(lab, server),
    ...httpdOf(lab, server),
    ...udpServerOf(lab, server),
    ...routingOf(lab, server),
    ...realServerOf(lab, server),
  };
  if (server.role === "real-server") return backend;
  if (lab.control === "ipvsadm") return { ...backend, director: directorOf(lab, server) };
  return {
    ...backend,
    mail: { config: osFamilies[server.os].mail.configText },
    peerKeys: {
      peers: directors(lab)
        .map(({ name }) => name)
        .filter((name) => name !== server.name),
    },
    keepalived: keepalivedOf(lab, server),
  };
}

function interfacesOf(lab: Lab, server: Server): Pick<RoleInputs, "interfaces"> {
  const [first, ...further] = server.interfaces;
  const given = [
    ...(first ? [{ device: first.device, addresses: ofFamily(first.addresses, 6) }] : []),
    ...further,
  ].filter(({ addresses }) => addresses.length > 0);
  if (given.length === 0) return {};
  return {
    interfaces: {
      addresses: Object.fromEntries(
        given.map(({ device, addresses }) => [device, addresses.map((one) => withPrefix(lab, one))]),
      ),
      up: further.map(({ device }) => device),
    },
  };
}

function packagesOf(lab: Lab, server: Server): RoleInputs["packages"] {
  const family = osFamilies[server.os];
  const { packages: cure } = arpCures[server.arpCure ?? "none"];
  const groups: (keyof OsFamily)[] = [
    ...(server.role === "director" ? (["ipvsadm"] as const) : []),
    ...(server.role === "director" && lab.control === "keepalived" ? (["keepalived", "mail"] as const) : []),
    ...(portsOf(lab, server.name, "tcp").length > 0 ? (["httpd"] as const) : []),
    ...(cure && ownsVips(lab, server.name) ? [cure] : []),
  ];
  const names = [...groups, "nftables" as const].flatMap((group) => family[group].packages);
  return { groups, names: [...new Set(names)].sort() };
}

function httpdOf(lab: Lab, { name }: Server): Pick<RoleInputs, "httpd"> {
  const ports = portsOf(lab, name, "tcp");
  const tlsPorts = portsOf(lab, name, "tcp", { tls: true });
  return ports.length > 0 ? { httpd: { page: pageOf(lab, name), ports, tlsPorts } } : {};
}

/** It answers on its own addresses, and on the VIPs to which datagrams are still addressed when they reach it. */
function udpServerOf(lab: Lab, { name, interfaces: own }: Server): Pick<RoleInputs, "udpServer"> {
  const ports = portsOf(lab, name, "udp");
  if (ports.length === 0) return {};
  const vips = servicesOf(lab, name).flatMap(({ protocol, forwarding, vip }) =>
    protocol === "udp" && forwardingMethods[forwarding].keepsDestination ? [vip] : [],
  );
  return {
    udpServer: {
      page: pageOf(lab, name),
      ports,
      addresses: [...new Set([...own.flatMap(({ addresses }) => addresses), ...vips])],
    },
  };
}

function realServerOf(lab: Lab, server: Server): Pick<RoleInputs, "realServer"> {
  const { name, arpCure = "none" } = server;
  if (!ownsVips(lab, name)) return {};
  const vips = ownVipsOf(lab, name);
  const [vip6] = ofFamily(vips, 6);
  return {
    realServer: {
      interface: serviceDevice(server),
      ...(vip6 === undefined ? {} : { address6: addressBeside(lab, server, vip6) }),
      vips,
      tunnelVips: ownVipsOf(lab, name, { tunnelled: true }),
      arpCure,
    },
  };
}

/** What network address translation asks of routing: the default route of real servers, and a director that forwards. */
function routingOf(lab: Lab, server: Server): Pick<RoleInputs, "routing"> {
  const defaultRoute = defaultRouteOf(lab, server);
  const forwards = forwardsPackets(lab, server);
  if (defaultRoute === undefined && !forwards) return {};
  return { routing: { defaultRoute: defaultRoute ?? "none", forwards } };
}

const directorOf = (lab: Lab, server: Server): NonNullable<RoleInputs["director"]> => ({
  addresses: Object.fromEntries(
    server.interfaces
      .map(({ network, device }): [string, string[]] => [
        device,
        lab.virtualAddresses
          .filter((one) => one.network === network)
          .map(({ address }) => (familyOf(address) === 6 ? asHost(address) : withPrefix(lab, address))),
      ])
      .filter(([, addresses]) => addresses.length > 0),
  ),
  services: Object.fromEntries(lab.services.map((service) => [ipvsKeyOf(service), ipvsService(service)])),
});

const ipvsService = ({
  scheduler,
  schedulerFlags = [],
  persistenceTimeout = 0,
  forwarding,
  realServers,
}: VirtualService) => ({
  scheduler,
  schedulerFlags: [...schedulerFlags],
  persistenceTimeout,
  destinations: Object.fromEntries(
    realServers.map(({ address, port, weight }) => [
      hostPort(address, port),
      { weight, forwarding: forwardingMethods[forwarding].listed },
    ]),
  ),
});

function keepalivedOf(lab: Lab, server: Server): NonNullable<RoleInputs["keepalived"]> {
  const instances = vrrpPartsOf(lab, server);
  return {
    config: keepalivedConf({
      instances: instances.map((part) => ({ ...part, password: PASSWORD })),
      services: lab.services,
    }),
    passwords: instances.flatMap(({ password }) => password ?? []),
    syncDaemon: syncDaemonOf(instances),
    virtualServices: lab.services.map((service) => serviceLine(ipvsKeyOf(service), service)),
    notifyScript: notifyScriptOf(instances),
    programs: programsOf({ instances, services: lab.services }),
  };
}
