import * as pulumi from "@pulumi/pulumi";
import { directors, type Lab, realServers } from "../lab/lab.ts";
import {
  Director,
  Httpd,
  Keepalived,
  KeyPair,
  keepalivedConf,
  Mail,
  PASSWORD,
  PEER_COMMENT,
  PeerKeys,
  RealServer,
} from "../provision/index.ts";
import type { MadeServer } from "./server.ts";

/** Makes every server into what the lab's stage wants of it; in a bare lab that is left to somebody's hands. */
export function giveRoles(lab: Lab, made: readonly MadeServer[]): pulumi.Resource[] {
  if (lab.stage === "bare") return [];
  const backends = made
    .filter(({ server }) => server.role === "real-server")
    .flatMap((each) => makeRealServer(lab, each));
  const front = made.filter(({ server }) => server.role === "director");
  const balancing = lab.stage === "ha" ? makeKeepalivedPair(lab, front) : front.map((each) => makeDirector(lab, each));
  return [...backends, ...balancing];
}

const on = ({ ready, domain }: MadeServer): pulumi.CustomResourceOptions => ({ dependsOn: ready, deletedWith: domain });

function makeRealServer(lab: Lab, made: MadeServer): pulumi.Resource[] {
  const { name, page } = made.server;
  const { vip, port } = lab.service;
  return [
    new Httpd(`${name}-httpd`, { server: made.reference, page, port }, on(made)),
    new RealServer(`${name}-real-server`, { server: made.reference, vip, arpCure: lab.arpCure }, on(made)),
  ];
}

function makeDirector(lab: Lab, made: MadeServer): pulumi.Resource {
  const { vip, port, scheduler, persistenceTimeout } = lab.service;
  return new Director(
    `${made.server.name}-director`,
    {
      server: made.reference,
      vip: `${vip}/${lab.network.prefixLength}`,
      port,
      scheduler,
      persistenceTimeout: persistenceTimeout ?? 0,
      destinations: Object.fromEntries(
        realServers(lab).map(({ address, weight }) => [`${address}:${port}`, { weight, forwarding: "Route" as const }]),
      ),
    },
    on(made),
  );
}

/** Directors under keepalived, each with mail for its notices and keys for its peers. */
function makeKeepalivedPair(lab: Lab, pair: readonly MadeServer[]): pulumi.Resource[] {
  const { vip, port, scheduler, persistenceTimeout } = lab.service;
  const identities = new Map(
    pair.map(({ server: { name } }) => [name, new KeyPair(`${name}-peer-key`, { comment: PEER_COMMENT })] as const),
  );
  const knownHosts = pulumi.all(
    pair.map(({ server: { name, address }, hostKey }) =>
      hostKey.publicKey.apply((key) => `${name},${address} ${key.split(" ").slice(0, 2).join(" ")}`),
    ),
  );
  return pair.flatMap((made) => {
    const { name, state, priority } = made.server;
    const peers = directors(lab).filter((other) => other.name !== name);
    const config = keepalivedConf({
      state: state ?? "BACKUP",
      priority: priority ?? 100,
      interface: "eth0",
      ...{ ...lab.keepalived, password: PASSWORD },
      vip,
      port,
      scheduler,
      persistenceTimeout: persistenceTimeout ?? 0,
      realServers: realServers(lab),
    });
    const post = new Mail(`${name}-mail`, { server: made.reference }, on(made));
    const identity = identities.get(name);
    return [
      post,
      new PeerKeys(
        `${name}-peer-keys`,
        {
          server: made.reference,
          identity: identity?.privateKey ?? "",
          authorized: pulumi.all(peers.map((peer) => identities.get(peer.name)?.publicKey ?? pulumi.output(""))),
          knownHosts,
        },
        on(made),
      ),
      new Keepalived(
        `${name}-keepalived`,
        {
          server: made.reference,
          config,
          password: pulumi.secret(lab.keepalived.password ?? ""),
          virtualServices: [`${vip}:${port} ${scheduler}`],
        },
        { ...on(made), dependsOn: [made.ready, post] }, // keepalived mails from its first moment
      ),
    ];
  });
}
