import type { ChildProcess } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import type { Readable } from "node:stream";
import { clientAddress, readLab, withPrefix } from "../../lab/index.ts";
import { bridgeOf } from "../../provision/host/bridge.ts";
import { runOnHost } from "../../provision/host/command.ts";
import { type LabHost, openHost, SEGMENT } from "../../provision/host/reach.ts";
import { projectRoot } from "../../provision/paths.ts";
import { generateKeys } from "../../provision/ssh/key-pair.ts";
import { writeDownLab } from "../programs/a-down-lab.ts";

/** A lab without a VM: a lab host with its bridge, the client, and server1 as a host that has an SSH server and nothing else. */
export interface SmallLab {
  readonly stack: string;
  readonly host: LabHost;
  end(): Promise<void>;
}

const BRIDGE = bridgeOf(0);

/** What a real sshd needs on a host that has a root directory of its own. Its keys are those of the lab. */
const sshdScript = `set -e
mkdir -p /run/sshd
mount -t tmpfs tmpfs /root && mkdir -m 700 /root/.ssh
umask 077
printf %s "$1" >/root/host_key
printf '%s\n' "$2" >/root/.ssh/authorized_keys
printf '%s\\n' "$3" >/root/whose
echo up
exec /usr/sbin/sshd -D -f /dev/null -o Port=22 -o HostKey=/root/host_key -o PidFile=none -o PasswordAuthentication=no \
  -o "Subsystem=sftp internal-sftp" -o "StrictModes=no"`;

/**
 * Starts one in a state directory, with a stack that describes it as that of labs/bare.yaml.
 * @param options.openSsh server1 has OpenSSH's own server, in which root's home directory is its own
 */
export async function startSmallLab(state: string, stack: string, { openSsh = false } = {}): Promise<SmallLab> {
  const labFile = join(projectRoot, "labs/bare.yaml");
  const lab = await readLab(labFile);
  const [server] = lab.servers;
  const [hostAddress] = lab.networks[0]?.hostAddresses ?? [];
  if (!server || hostAddress === undefined) throw new Error("labs/bare.yaml has no servers or no network");
  const [access, hostKey] = await Promise.all([generateKeys("access"), generateKeys("host")]);
  const directory = await writeDownLab(state, stack, labFile, {
    hostKey: hostKey.publicKey,
    privateKey: access.privateKey,
  });
  const host = openHost({ kind: "private", directory });
  await host.start({ packages: { "debian-12": "/nowhere" } });
  const script = `ip link add ${BRIDGE} type bridge && ip link set ${BRIDGE} up && ip address add ${withPrefix(lab, hostAddress)} dev ${BRIDGE}`;
  await runOnHost(host, SEGMENT, ["sh", "-c", script]);
  await host.attach("client", { bridge: BRIDGE, address: withPrefix(lab, clientAddress(lab)) });
  await host.attach(server.name, { bridge: BRIDGE, address: withPrefix(lab, server.management) });
  const sshd = openSsh
    ? host.spawn(
        server.name,
        ["unshare", "--mount", "bash", "-c", sshdScript, "bash", hostKey.privateKey, access.publicKey, stack],
        { stdio: ["pipe", "pipe", "inherit"] },
      )
    : nodeSshd(host, server.name);
  sshd.stdin?.end(JSON.stringify({ hostKey: hostKey.privateKey, authorized: access.publicKey }));
  await once(sshd.stdout as Readable, "data");
  return {
    stack,
    host,
    async end() {
      sshd.kill("SIGKILL");
      await host.destroy();
    },
  };
}

const nodeSshd = (host: LabHost, server: string): ChildProcess =>
  host.spawn(
    server,
    ["setpriv", "--pdeathsig", "KILL", process.execPath, join(import.meta.dirname, "guest-sshd.mjs")],
    {
      ...{ programs: "machine", stdio: ["pipe", "pipe", "inherit"] },
    },
  );
