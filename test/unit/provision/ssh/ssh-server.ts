import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { type AddressInfo, createConnection } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import ssh2 from "ssh2";
import { onTestFinished, vi } from "vitest";
import { PrivateHost } from "../../../../provision/host/private/private-host.ts";
import type { ServerRef } from "../../../../provision/ssh/index.ts";
import { generateKeys } from "../../../../provision/ssh/key-pair.ts";

const hostKey = await generateKeys("host");
const labKey = await generateKeys("lab");
export const anotherKey = await generateKeys("another");

export interface SshServer {
  /** What `Server.connect` needs to get here. */
  readonly ref: ServerRef;
  /** Where it really is, on the loopback. */
  readonly port: number;
  /** How many connections have been made so far. */
  readonly connections: number;
  /** Cuts every connection, as a power failure does. */
  cut(): void;
  /** The next `count` connections are cut before they have come about. */
  refuse(count: number): void;
}

/**
 * An SSH server in this process, ended with the test. It takes the lab's key for root and runs what it is asked to in a real bash, as
 * sshd does. The lab host's way to a server leads here: all that is left out is the entry into the lab's network namespace.
 */
export async function startSshServer(): Promise<SshServer> {
  const directory = await mkdtemp(join(tmpdir(), "lvs-lab-ssh-"));
  const clients = new Set<ssh2.Connection>();
  let connections = 0;
  let refusals = 0;
  const server = new ssh2.Server({ hostKeys: [hostKey.privateKey] }, (client) => {
    connections++;
    clients.add(client);
    client.on("error", () => {}); // a client that refuses our key, or is cut
    client.on("close", () => clients.delete(client));
    if (refusals > 0) {
      refusals--;
      client.end();
      return;
    }
    client.on("authentication", (attempt) => (isLabKey(attempt) ? attempt.accept() : attempt.reject(["publickey"])));
    client.on("session", (accept) => {
      accept().on("exec", (acceptExec, _reject, { command }) => runIn(acceptExec(), command));
    });
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  const way = vi.spyOn(PrivateHost.prototype, "connect").mockImplementation(() => createConnection(port, "127.0.0.1"));

  const cut = () => {
    for (const client of clients) client.end();
  };
  onTestFinished(async () => {
    way.mockRestore();
    cut();
    server.close();
    await rm(directory, { recursive: true });
  });
  return {
    ref: {
      host: { kind: "private", directory },
      name: "server1",
      os: "debian-12",
      address: "172.25.254.11",
      hostKey: hostKey.publicKey,
      privateKey: labKey.privateKey,
      instance: "1",
      acceleration: "kvm",
    },
    port,
    get connections() {
      return connections;
    },
    cut,
    refuse: (count) => {
      refusals = count;
    },
  };
}

function isLabKey(attempt: ssh2.AuthContext): boolean {
  if (attempt.method !== "publickey" || attempt.username !== "root") return false;
  const key = ssh2.utils.parseKey(labKey.publicKey);
  if (key instanceof Error || !key.getPublicSSH().equals(attempt.key.data)) return false;
  // Without a signature the client only asks whether the key would do.
  return attempt.signature === undefined || key.verify(attempt.blob ?? Buffer.alloc(0), attempt.signature) === true;
}

function runIn(channel: ssh2.ServerChannel, command: string): void {
  const child = spawn("bash", ["-c", command]);
  channel.pipe(child.stdin);
  child.stdin.on("error", () => {}); // the command may not read its input
  child.stdout.pipe(channel, { end: false });
  child.stderr.pipe(channel.stderr, { end: false });
  channel.on("close", () => child.kill());
  child.on("close", (code, signal) => {
    if (signal) channel.exit(signal.replace("SIG", ""), false, "");
    else channel.exit(code ?? 0);
    channel.end();
  });
}
