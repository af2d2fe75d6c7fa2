import * as pulumi from "@pulumi/pulumi";
import {
  defaultRouteOf,
  directors,
  forwardingMethods,
  forwardsPackets,
  hostPort,
  ipvsKeyOf,
  type Lab,
  ownsVips,
  ownVipsOf,
  pageOf,
  portsOf,
  realServers,
  serviceDevice,
  servicesOf,
  type VirtualService,
  vrrpPartsOf,
  withPrefix,
} from "../lab/index.ts";
import {
  classes,
  keepalivedConf,
  notifyScriptOf,
  osFamilies,
  PASSWORD,
  PEER_COMMENT,
  programsOf,
  serviceLine,
} from "../provision/index.ts";
import type { MadeServer } from "./server.ts";

const { Director, Httpd, Keepalived, KeyPair, Mail, PeerKeys, RealServer, Routing, UdpServer } = classes;

/** Gives every server its roles; in a manual lab that is the exercise. */
export function giveRoles(lab: Lab, made: readonly MadeServer[]): pulumi.Resource[] {
  if (lab.setup === "manual") return [];
  const real = new Set(realServers(lab).map(({ name }) => name));
  const backends = made.filter(({ server }) => real.has(server.name)).flatMap((each) => makeRealServer(lab, each));
  const front = made.filter(({ server }) => server.role === "director");
  const balancing =
    lab.control === "keepalived" ? makeKeepalivedDirectors(lab, front) : front.map((each) => makeDirector(lab, each));
  return [...backends, ...front.flatMap((each) => makeRouting(lab, each)), ...balancing];
}

const on = ({ ready, domain }: MadeServer): pulumi.CustomResourceOptions => ({ dependsOn: ready, deletedWith: domain });

function makeRealServer(lab: Lab, made: MadeServer): pulumi.Resource[] {
  const { name, arpCure = "none" } = made.server;
  const [ports, udpPorts] = [portsOf(lab, name, "tcp"), portsOf(lab, name, "udp")];
  const [page, shares] = [pageOf(lab, name), ownsVips(lab, name)];
  const udpVips = servicesOf(lab, name).flatMap(({ protocol, forwarding, vip }) =>
    protocol === "udp" && forwardingMethods[forwarding].keepsDestination ? [vip] : [],
  );
  return [
    ...(ports.length > 0 ? [new Httpd(`${name}-httpd`, { server: made.reference, page, ports }, on(made))] : []),
    ...(udpPorts.length > 0
      ? [
          new UdpServer(
            `${name}-udp-server`,
            {
              server: made.reference,
              page,
              ports: udpPorts,
              addresses: [...new Set([...made.server.interfaces.flatMap(({ addresses }) => addresses), ...udpVips])],
            },
            on(made),
          ),
        ]
      : []),
    ...(made.server.role === "real-server" ? makeRouting(lab, made) : []),
    ...(shares
      ? [
          new RealServer(
            `${name}-real-server`,
            {
              server: made.reference,
              interface: serviceDevice(made.server),
              vips: ownVipsOf(lab, name),
              tunnelVips: ownVipsOf(lab, name, { tunnelled: true }),
              arpCure,
            },
            on(made),
          ),
        ]
      : []),
  ];
}

/** What network address translation asks of routing: the default route of real servers, and a director that forwards. */
function makeRouting(lab: Lab, made: MadeServer): pulumi.Resource[] {
  const defaultRoute = defaultRouteOf(lab, made.server);
  const forwards = forwardsPackets(lab, made.server);
  if (defaultRoute === undefined && !forwards) return [];
  return [
    new Routing(
      `${made.server.name}-routing`,
      { server: made.reference, defaultRoute: defaultRoute ?? "none", forwards },
      on(made),
    ),
  ];
}

function makeDirector(lab: Lab, made: MadeServer): pulumi.Resource {
  return new Director(
    `${made.server.name}-director`,
    {
      server: made.reference,
      addresses: Object.fromEntries(
        made.server.interfaces
          .map(({ network, device }): [string, string[]] => [
            device,
            lab.virtualAddresses
              .filter((one) => one.network === network)
              .map(({ address }) => withPrefix(lab, address)),
          ])
          .filter(([, addresses]) => addresses.length > 0),
      ),
      services: Object.fromEntries(lab.services.map((service) => [ipvsKeyOf(service), ipvsService(service)])),
    },
    on(made),
  );
}

const ipvsService = (service: VirtualService) => ({
  scheduler: service.scheduler,
  schedulerFlags: [...(service.schedulerFlags ?? [])],
  persistenceTimeout: service.persistenceTimeout ?? 0,
  destinations: Object.fromEntries(
    service.realServers.map(({ address, port, weight }) => [
      hostPort(address, port),
      { weight, forwarding: forwardingMethods[service.forwarding].listed },
    ]),
  ),
});

/** Directors run by keepalived, each with local mail and with SSH keys of its peers. */
function makeKeepalivedDirectors(lab: Lab, all: readonly MadeServer[]): pulumi.Resource[] {
  const identities = new Map(
    all.map(({ server: { name } }) => [name, new KeyPair(`${name}-peer-key`, { comment: PEER_COMMENT })] as const),
  );
  const knownHosts = pulumi.all(
    all.map(({ server: { name, management }, hostKey }) =>
      hostKey.publicKey.apply((key) => `${name},${management} ${key.split(" ").slice(0, 2).join(" ")}`),
    ),
  );
  return all.flatMap((made) => {
    const { name, os } = made.server;
    const peers = directors(lab).filter((other) => other.name !== name);
    const instances = vrrpPartsOf(lab, made.server);
    const post = new Mail(`${name}-mail`, { server: made.reference, config: osFamilies[os].mail.configText }, on(made));
    return [
      post,
      new PeerKeys(
        `${name}-peer-keys`,
        {
          server: made.reference,
          identity: identities.get(name)?.privateKey ?? "",
          authorized: pulumi.all(peers.map((peer) => identities.get(peer.name)?.publicKey ?? pulumi.output(""))),
          knownHosts,
        },
        on(made),
      ),
      new Keepalived(
        `${name}-keepalived`,
        {
          server: made.reference,
          config: keepalivedConf({
            instances: instances.map((part) => ({ ...part, password: PASSWORD })),
            services: lab.services,
          }),
          passwords: pulumi.secret(instances.flatMap(({ password }) => password ?? [])),
          virtualServices: lab.services.map((service) => serviceLine(ipvsKeyOf(service), service)),
          notifyScript: notifyScriptOf(instances),
          programs: programsOf(instances),
        },
        { ...on(made), dependsOn: [made.ready, post] }, // keepalived may send mail as soon as it starts
      ),
    ];
  });
}
