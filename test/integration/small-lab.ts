import { once } from "node:events";
import { join } from "node:path";
import type { Readable } from "node:stream";
import { clientAddress, readLab, withPrefix } from "../../lab/index.ts";
import { bridgeOf } from "../../provision/host/bridge.ts";
import { runOnHost } from "../../provision/host/command.ts";
import { type LabHost, openHost, SEGMENT } from "../../provision/host/reach.ts";
import { projectRoot } from "../../provision/paths.ts";
import { generateKeys } from "../../provision/ssh/key-pair.ts";
import { writeDownLab } from "../unit/cli/a-down-lab.ts";

/** A lab without a VM: a lab host with its bridge, the client, and server1 as a host that has an SSH server and nothing else. */
export interface SmallLab {
  readonly stack: string;
  readonly host: LabHost;
  end(): Promise<void>;
}

const BRIDGE = bridgeOf(0);

/** Starts one in a state directory, with a stack that describes it as that of labs/bare.yaml. */
export async function startSmallLab(state: string, stack: string): Promise<SmallLab> {
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
  const sshd = host.spawn(
    server.name,
    ["setpriv", "--pdeathsig", "KILL", process.execPath, join(import.meta.dirname, "guest-sshd.mjs")],
    {
      ...{ programs: "machine", stdio: ["pipe", "pipe", "inherit"] },
    },
  );
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
