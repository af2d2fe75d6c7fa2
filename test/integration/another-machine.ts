import { spawn } from "node:child_process";
import { once } from "node:events";
import { chmod, mkdir, readFile, writeFile } from "node:fs/promises";
import { createServer } from "node:net";
import { delimiter, join } from "node:path";
import { createInterface } from "node:readline";
import type { Readable } from "node:stream";
import { $ } from "zx";
import { labEnvironment } from "../../provision/host/machine/namespaces.ts";
import { commandIn, userland } from "../../provision/host/userland/userland.ts";

/** A machine that is reached by ssh alone. */
export interface AnotherMachine {
  /** As the stack's configuration names it: a Host of the ssh_config(5) that the tests' ssh has. */
  readonly url: string;
  /** Its user's home, as this machine sees it; over there it is /root. */
  readonly home: string;
  /** Ends the processes of all connections, as a network that is cut; sshd stays. */
  cut(): Promise<void>;
}

/** Its sshd, with keys of its own. Standard output says when it listens. */
const serve = `set -eu
mkdir -p /run/sshd
chmod 0700 /root
cat >/run/sshd_config <<END
ListenAddress 127.0.0.1
Port $1
HostKey /root/host_key
PidFile none
PasswordAuthentication no
StrictModes no
AuthorizedKeysFile /root/authorized_keys
END
echo "$MACHINE_PID"
exec /usr/sbin/sshd -D -f /run/sshd_config`;

/**
 * Another machine: an sshd in the userland, in PID and mount namespaces and with a home of its own, which has no Node and nothing of the project. It
 * shares this machine's kernel and network.
 * @param directory short, for sockets; what the machine has is below it
 */
export async function anotherMachine(
  directory: string,
  { onFinished }: { onFinished(end: () => Promise<void>): void },
): Promise<AnotherMachine> {
  const at = (...names: string[]) => join(directory, ...names);
  const home = at("home");
  await mkdir(home);
  await mkdir(at("bin"));
  const key = (file: string) => $({ quiet: true })`ssh-keygen -q -t ed25519 -N ${""} -f ${file}`;
  await Promise.all([key(at("identity")), key(at("home/host_key"))]);
  await writeFile(at("home/authorized_keys"), await readFile(at("identity.pub"), "utf8"));
  const port = await freePort();
  const [type = "", blob = ""] = (await readFile(at("home/host_key.pub"), "utf8")).split(" ");
  await writeFile(at("known_hosts"), `elsewhere ${type} ${blob}\n`);
  const config = `Host elsewhere
  HostName 127.0.0.1
  Port ${port}
  User root
  HostKeyAlias elsewhere
  IdentityFile ${at("identity")}
  IdentitiesOnly yes
  UserKnownHostsFile ${at("known_hosts")}
  LocalForward ${at("not-ours.sock")} /run/not-ours.sock
  RemoteCommand echo not ours

# The same machine, to a user who has never been there, and to one whose key it does not know.
Host stranger
  HostName 127.0.0.1
  Port ${port}
  UserKnownHostsFile /dev/null
Host locked-out
  HostName 127.0.0.1
  Port ${port}
  User root
  HostKeyAlias elsewhere
  UserKnownHostsFile ${at("known_hosts")}
  IdentityFile ${at("not-there")}
  IdentitiesOnly yes
Host asleep
  HostName 127.0.0.1
  Port 1
`;
  await writeFile(at("config"), config);
  const ssh = (await $({ quiet: true })`command -v ssh`).stdout.trim();
  await writeFile(at("bin/ssh"), `#!/bin/sh\nexec ${ssh} -F ${at("config")} "$@"\n`);
  await chmod(at("bin/ssh"), 0o755);
  const path = process.env.PATH ?? "";
  process.env.PATH = [at("bin"), path].join(delimiter);

  const command = ["bash", "-c", serve, "bash", String(port)];
  const words = commandIn(await userland(), command, [{ from: home, to: "/root", write: true }]);
  // It ends with this process, however that ends: so do the lab hosts over there.
  const child = spawn("setpriv", ["--pdeathsig", "KILL", ...words], {
    stdio: ["ignore", "pipe", "inherit"],
    env: labEnvironment(),
  });
  onFinished(async () => {
    process.env.PATH = path;
    child.kill("SIGKILL");
    await once(child, "close");
  });
  const [pid] = (await once(createInterface({ input: child.stdout as Readable }), "line")) as [string];
  return {
    url: "ssh://elsewhere",
    home,
    cut: async () => {
      // The processes of connections are sshd's children; so is what lost its parent, since sshd is the first process over there.
      const children = await readFile(`/proc/${pid}/task/${pid}/children`, "utf8");
      for (const one of children.split(" ").filter(Boolean))
        if ((await readFile(`/proc/${one}/comm`, "utf8")).startsWith("sshd")) process.kill(Number(one), "SIGKILL");
    },
  };
}

async function freePort(): Promise<number> {
  const server = createServer();
  await once(server.listen(0, "127.0.0.1"), "listening");
  const { port } = server.address() as { port: number };
  server.close();
  await once(server, "close");
  return port;
}
