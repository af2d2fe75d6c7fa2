import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { ServerRef } from "../../provision/ssh/index.ts";
import { type LiveLab, placeOf } from "../../verify/live-lab.ts";
import { run } from "./run.ts";

/** OpenSSH's way to a lab's servers, for tools that are not the lab's own. Its files hold the lab's key, and go with `end`. */
export class SshAccess {
  readonly directory: string;
  /** Arguments of ssh(1) that lead to a server by its name. */
  readonly options: readonly string[];
  readonly #servers: readonly string[];

  private constructor(directory: string, servers: readonly string[]) {
    this.directory = directory;
    this.options = ["-F", join(directory, "config")];
    this.#servers = servers;
  }

  static async to(live: LiveLab): Promise<SshAccess> {
    // A control socket's path has to fit into sockaddr_un: a short directory.
    const directory = await mkdtemp(join(tmpdir(), "lb-ssh-"));
    const place = placeOf(live);
    const proxyOf = ({ address }: ServerRef) => place.connectCommand(address, 22);
    await writeFile(join(directory, "identity"), live.servers[0]?.privateKey ?? "", { mode: 0o600 });
    await writeFile(join(directory, "known_hosts"), live.servers.map((one) => `${one.name} ${one.hostKey}\n`).join(""));
    await writeFile(join(directory, "config"), sshConfig(live.servers, { directory, proxyOf }));
    return new SshAccess(
      directory,
      live.servers.map(({ name }) => name),
    );
  }

  /** Runs a script on a server with bash, over one connection. @returns its output */
  script = (server: string, text: string): Promise<string> =>
    run(["ssh", ...this.options, "-T", server, "bash -s"], { stdin: text });

  /** Ends the connections that a tool keeps for its next run, so that this one begins as a later one would. */
  async cool(): Promise<void> {
    for (const name of this.#servers)
      await run(["ssh", ...this.options, "-o", `ControlPath=${this.controlPath}`, "-O", "exit", name]).catch(() => {});
  }

  /** Where connections are kept, in the form of ssh_config(5). */
  get controlPath(): string {
    return join(this.directory, "%n");
  }

  async end(): Promise<void> {
    await this.cool();
    await rm(this.directory, { recursive: true, force: true });
  }
}

/** An ssh_config(5) for a lab's servers, each by its name. */
export function sshConfig(
  servers: readonly ServerRef[],
  { directory, proxyOf }: { directory: string; proxyOf: (server: ServerRef) => readonly string[] },
): string {
  return servers
    .map(
      (server) => `Host ${server.name}
  HostKeyAlias ${server.name}
  User root
  ProxyCommand ${proxyOf(server).join(" ").replaceAll("%", "%%")}
`,
    )
    .concat(`Host *
  UserKnownHostsFile ${directory}/known_hosts
  GlobalKnownHostsFile /dev/null
  IdentityFile ${directory}/identity
  IdentitiesOnly yes
  StrictHostKeyChecking yes
  # As the lab's own client: the hybrid key exchange that OpenSSH prefers costs an emulated guest most of a second.
  KexAlgorithms curve25519-sha256
  LogLevel ERROR
`)
    .join("");
}
