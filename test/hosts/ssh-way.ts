import { chmod, mkdir, readFile, writeFile } from "node:fs/promises";
import { delimiter, join } from "node:path";
import { $, quote } from "zx";
import type { Host } from "./host.ts";

/** This machine's ways by ssh to hosts' bob, whom only a key of the test's lets in: an ssh with a configuration of its own, first on PATH. */
export class SshWays {
  readonly #directory: string;
  readonly #path = process.env.PATH ?? "";

  private constructor(directory: string) {
    this.#directory = directory;
  }

  /** `directory`: an empty one of the test's, for keys, configuration and the ssh. */
  static async open(directory: string): Promise<SshWays> {
    const ways = new SshWays(directory);
    await $({ quiet: true })`ssh-keygen -q -t ed25519 -N ${""} -f ${ways.#at("identity")}`;
    const ssh = (await $({ quiet: true })`command -v ssh`).stdout.trim();
    await mkdir(ways.#at("bin"));
    await writeFile(ways.#at("config"), "");
    await writeFile(ways.#at("bin/ssh"), `#!/bin/sh\nexec ${ssh} -F ${quote(ways.#at("config"))} "$@"\n`);
    await chmod(ways.#at("bin/ssh"), 0o755);
    process.env.PATH = [ways.#at("bin"), ways.#path].join(delimiter);
    return ways;
  }

  /** Installs an sshd on a host, which `ssh NAME` then reaches. */
  async to(name: string, host: Host): Promise<void> {
    const { status, stderr } = await host.asRoot(`
      export DEBIAN_FRONTEND=noninteractive
      apt-get update -q
      apt-get install -yq --no-install-recommends openssh-server
      systemctl enable --now ssh`);
    if (status !== 0) throw new Error(stderr);
    const key = (await readFile(this.#at("identity.pub"), "utf8")).trim();
    await host.ok("bob", `mkdir -m 0700 .ssh && echo '${key}' >.ssh/authorized_keys`);
    const { stdout } = await host.asRoot("cut -d ' ' -f 1,2 /etc/ssh/ssh_host_ed25519_key.pub");
    await writeFile(this.#at("known_hosts"), `${name} ${stdout}`, { flag: "a" });
    // Ports of a host are in its network namespace.
    const [, pid = ""] = /^\/proc\/(\d+)\/root$/.exec(host.root) ?? [];
    const join22 = `const s=require("node:net").connect(22,"127.0.0.1");process.stdin.pipe(s);s.pipe(process.stdout)`;
    await writeFile(
      this.#at("config"),
      `Host ${name}
  User bob
  IdentityFile ${this.#at("identity")}
  UserKnownHostsFile ${this.#at("known_hosts")}
  HostKeyAlias ${name}
  ProxyCommand nsenter --target ${pid} --net -- ${process.execPath} -e '${join22}'
`,
      { flag: "a" },
    );
  }

  close(): void {
    process.env.PATH = this.#path;
  }

  #at(name: string): string {
    return join(this.#directory, name);
  }
}
