import { z } from "zod";
import { directors, isDirectorUnder } from "../../lab/index.ts";
import { defineResource } from "../resource.ts";
import { command, connectTo, serverRef } from "../ssh/index.ts";
import type { Role } from "./role.ts";
import { listed, typed } from "./typed.ts";

const IDENTITY = "/root/.ssh/id_ed25519";
const AUTHORIZED = "/root/.ssh/authorized_keys";
/** The system-wide list, so that the student's own known_hosts stays unchanged. */
const KNOWN_HOSTS = "/etc/ssh/ssh_known_hosts";
/** Comment that marks the lines written by the lab. */
export const PEER_COMMENT = "lvs-lab-peer";

/** Passwordless SSH between the directors, for copying files. */
export const peerKeys = defineResource({
  type: "PeerKeys",
  summary: "Passwordless SSH between the directors: a server's own key, its peers' keys, all host keys.",
  where: z.object({ server: serverRef }),
  want: z.object({
    /** This server's private key, OpenSSH form. */
    identity: z.string(),
    /** Its peers' public keys. */
    authorized: z.array(z.string()),
    /** Lines of a known_hosts file: sshd(8). */
    knownHosts: z.array(z.string()),
  }),

  async observe({ server: ref }) {
    const server = await connectTo(ref);
    const seen = await server.look(
      {
        identity: command`cat ${IDENTITY}`,
        authorized: command`grep ${`${PEER_COMMENT}$`} ${AUTHORIZED}`,
        knownHosts: command`cat ${KNOWN_HOSTS}`,
      },
      { confidential: true },
    );
    const lines = (text: string): string[] => text.split("\n").filter((line) => line !== "");
    return {
      identity: seen.identity.text,
      authorized: lines(seen.authorized.text),
      knownHosts: lines(seen.knownHosts.text),
    };
  },

  async apply({ server: ref, identity, authorized, knownHosts }, _observed, progress) {
    const server = await connectTo(ref);
    progress("writing peer SSH keys");
    await server.write({ path: IDENTITY, content: identity, mode: "0600", confidential: true });
    await server.write({ path: KNOWN_HOSTS, content: `${knownHosts.join("\n")}\n` });
    await server.run`sed -i ${`/${PEER_COMMENT}$/d`} ${AUTHORIZED}; printf '%s\n' ${authorized} >>${AUTHORIZED}`;
  },

  async remove({ server: ref }) {
    const server = await connectTo(ref);
    await server.run`rm -f ${IDENTITY} ${KNOWN_HOSTS}; sed -i ${`/${PEER_COMMENT}$/d`} ${AUTHORIZED}`;
  },
});

interface Told {
  /** The other directors' names, in the order of the file. */
  readonly peers: readonly string[];
}

/** The stack makes the keys. */
export const role: Role<typeof peerKeys, Told> = {
  resource: peerKeys,

  inputsOf: (lab, server) =>
    isDirectorUnder("keepalived", lab, server)
      ? {
          peers: directors(lab)
            .map(({ name }) => name)
            .filter((name) => name !== server.name),
        }
      : undefined,

  /** By hand a server makes its key itself, and asks its peers for their host keys. */
  byHand: ({ peers }, { server: { name }, stack }) => ({
    steps: [
      {
        why: `A key of its own, to copy files to ${listed(peers)} without a password.`,
        commands: [typed`[ -e ${IDENTITY} ] || ssh-keygen -q -t ed25519 -N '' -f ${IDENTITY}`],
        check: "peer-ssh",
      },
      {
        why: `The host ${peers.length === 1 ? "key" : "keys"} of ${listed(peers)}, so that ssh does not ask.`,
        commands: [typed`ssh-keyscan -T 60 -t ed25519 ${peers} >${KNOWN_HOSTS}`],
        check: "peer-ssh",
      },
    ],
    ownMachine: peers.map((peer) => ({
      why: `Let ${peer} accept the key of ${name}. ssh-copy-id cannot do it: root has no password here.`,
      commands: [
        typed`npx lvs-lab ssh -s ${stack} ${name} -- cat ${IDENTITY}.pub |
  npx lvs-lab ssh -s ${stack} ${peer} -- ${`cat >>${AUTHORIZED}`}`,
      ],
      check: "peer-ssh",
    })),
  }),
};
