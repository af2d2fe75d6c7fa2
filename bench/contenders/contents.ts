import { directors, type Lab, type Server } from "../../lab/index.ts";
import { unitText } from "../../provision/roles/boot-unit.ts";
import { roleInputs } from "../../provision/roles/index.ts";
import { withPasswords } from "../../provision/roles/keepalived-conf.ts";
import { PEER_COMMENT } from "../../provision/roles/peer-keys.ts";
import { unit } from "../../provision/roles/real-server.ts";
import { generateKeys, type SshKeys } from "../../provision/ssh/key-pair.ts";

/** The files that every contender puts on a server of an ha lab, identical for all: those of the lab's own roles. */
export interface Contents {
  readonly packages: readonly string[];
  readonly page: string;
  /** systemd unit of a real server; empty for a director. */
  readonly unit: string;
  /** Empty for a real server, as are the following. */
  readonly keepalivedConf: string;
  readonly smtpdConf: string;
  readonly identity: string;
  /** Lines of authorized_keys. */
  readonly authorized: readonly string[];
  readonly knownHosts: readonly string[];
}

/** A key pair per director, for its peers. */
export type PeerKeys = ReadonlyMap<string, SshKeys>;

export async function makePeerKeys(lab: Lab): Promise<PeerKeys> {
  const made = await Promise.all(
    directors(lab).map(async ({ name }) => [name, await generateKeys(PEER_COMMENT)] as const),
  );
  return new Map(made);
}

/** `hostKeys`: the servers' public host keys by name. */
export function contentsOf(
  lab: Lab,
  server: Server,
  { peerKeys, hostKeys }: { peerKeys: PeerKeys; hostKeys: ReadonlyMap<string, string> },
): Contents {
  const { packages, httpd, realServer, mail, peerKeys: peering, keepalived } = roleInputs(lab, server);
  const { management } = server;
  const peers = peering?.peers ?? [];
  return {
    packages: packages.names,
    page: httpd?.page ?? "",
    unit: realServer ? unitText(unit({ server: { address: management }, ...realServer })) : "",
    keepalivedConf: keepalived ? withPasswords(keepalived.config, keepalived.passwords) : "",
    smtpdConf: mail?.config ?? "",
    identity: peering ? (peerKeys.get(server.name)?.privateKey ?? "") : "",
    authorized: peers.map((name) => peerKeys.get(name)?.publicKey ?? ""),
    knownHosts: peering
      ? directors(lab).map(({ name, management }) => `${name},${management} ${hostKeys.get(name) ?? ""}`)
      : [],
  };
}
