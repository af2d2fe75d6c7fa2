import * as pulumi from "@pulumi/pulumi";
import type { Lab } from "../lab/index.ts";
import { classes, PEER_COMMENT, roleInputs } from "../provision/index.ts";
import type { MadeServer } from "./server.ts";

const { Director, FirewallMarks, Httpd, Keepalived, KeyPair, Mail, PeerKeys, RealServer, Routing, UdpServer } = classes;

/** Gives every server its roles; in a manual lab that is the exercise. */
export function giveRoles(lab: Lab, made: readonly MadeServer[]): pulumi.Resource[] {
  if (lab.setup === "manual") return [];
  const single = made.flatMap((each) => makeSingleRoles(lab, each));
  return [...single, ...makeKeepalivedDirectors(lab, made)];
}

const on = ({ ready, domain }: MadeServer): pulumi.CustomResourceOptions => ({ dependsOn: ready, deletedWith: domain });

/** The roles that depend on no other resource than their server. */
function makeSingleRoles(lab: Lab, made: MadeServer): pulumi.Resource[] {
  const { name } = made.server;
  const { httpd, udpServer, routing, firewallMarks, realServer, director } = roleInputs(lab, made.server);
  const server = made.reference;
  return [
    ...(httpd ? [new Httpd(`${name}-httpd`, { server, ...httpd }, on(made))] : []),
    ...(udpServer ? [new UdpServer(`${name}-udp-server`, { server, ...udpServer }, on(made))] : []),
    ...(routing ? [new Routing(`${name}-routing`, { server, ...routing }, on(made))] : []),
    ...(firewallMarks ? [new FirewallMarks(`${name}-firewall-marks`, { server, ...firewallMarks }, on(made))] : []),
    ...(realServer ? [new RealServer(`${name}-real-server`, { server, ...realServer }, on(made))] : []),
    ...(director ? [new Director(`${name}-director`, { server, ...director }, on(made))] : []),
  ];
}

/** Directors run by keepalived, each with local mail and with SSH keys of its peers. */
function makeKeepalivedDirectors(lab: Lab, made: readonly MadeServer[]): pulumi.Resource[] {
  const all = made.flatMap((each) => {
    const { mail, peerKeys, keepalived } = roleInputs(lab, each.server);
    return mail && peerKeys && keepalived ? [{ made: each, mail, peerKeys, keepalived }] : [];
  });
  const identities = new Map(
    all.map(({ made: { server } }) => [server.name, new KeyPair(`${server.name}-peer-key`, { comment: PEER_COMMENT })]),
  );
  const knownHosts = pulumi.all(
    all.map(({ made: { server, hostKey } }) =>
      hostKey.publicKey.apply((key) => `${server.name},${server.management} ${key.split(" ").slice(0, 2).join(" ")}`),
    ),
  );
  return all.flatMap(({ made, mail, peerKeys, keepalived }) => {
    const { name } = made.server;
    const server = made.reference;
    const post = new Mail(`${name}-mail`, { server, ...mail }, on(made));
    return [
      post,
      new PeerKeys(
        `${name}-peer-keys`,
        {
          server,
          identity: identities.get(name)?.privateKey ?? "",
          authorized: pulumi.all(peerKeys.peers.map((peer) => identities.get(peer)?.publicKey ?? pulumi.output(""))),
          knownHosts,
        },
        on(made),
      ),
      new Keepalived(
        `${name}-keepalived`,
        { server, ...keepalived, passwords: pulumi.secret(keepalived.passwords) },
        { ...on(made), dependsOn: [made.ready, post] }, // keepalived may send mail as soon as it starts
      ),
    ];
  });
}
