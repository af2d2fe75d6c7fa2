import { directors, type Lab, ownVipsOf, pageOf, type Server, serviceDevice, vrrpPartsOf } from "../../lab/index.ts";
import { osFamilies } from "../../provision/os.ts";
import { unitText } from "../../provision/roles/boot-unit.ts";
import { keepalivedConf } from "../../provision/roles/keepalived-conf.ts";
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

const { httpd, arptables, nftables, ipvsadm, keepalived, mail } = osFamilies.debian;

/** `hostKeys`: the servers' public host keys by name. */
export function contentsOf(
  lab: Lab,
  server: Server,
  { peerKeys, hostKeys }: { peerKeys: PeerKeys; hostKeys: ReadonlyMap<string, string> },
): Contents {
  const nothing = {
    page: "",
    unit: "",
    keepalivedConf: "",
    smtpdConf: "",
    identity: "",
    authorized: [],
    knownHosts: [],
  };
  if (server.role === "real-server")
    return {
      ...nothing,
      packages: packages(httpd, arptables, nftables),
      page: pageOf(lab, server.name),
      unit: unitText(
        unit({
          server: { address: server.management },
          interface: serviceDevice(server),
          vips: ownVipsOf(lab, server.name),
          tunnelVips: ownVipsOf(lab, server.name, { tunnelled: true }),
          arpCure: server.arpCure ?? "none",
        }),
      ),
    };
  const peers = directors(lab).filter(({ name }) => name !== server.name);
  return {
    ...nothing,
    packages: packages(ipvsadm, keepalived, mail, nftables),
    keepalivedConf: keepalivedConf({ instances: vrrpPartsOf(lab, server), services: lab.services }),
    smtpdConf: mail.configText,
    identity: peerKeys.get(server.name)?.privateKey ?? "",
    authorized: peers.map(({ name }) => peerKeys.get(name)?.publicKey ?? ""),
    knownHosts: directors(lab).map(({ name, management }) => `${name},${management} ${hostKeys.get(name) ?? ""}`),
  };
}

const packages = (...groups: readonly { readonly packages: readonly string[] }[]): string[] =>
  groups.flatMap((group) => [...group.packages]).sort();
