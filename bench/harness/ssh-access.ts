import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { sshConfig } from "../../provision/ssh/index.ts";
import { type LiveLab, labHost } from "../../verify/live/live-lab.ts";
import { run } from "./run.ts";

/** OpenSSH access to a lab's servers, for external tools. Its files hold the lab's key; `end` removes them. */
export class SshAccess {
  readonly directory: string;
  /** Arguments of ssh(1) to reach a server by name. */
  readonly options: readonly string[];
  readonly #servers: readonly string[];

  private constructor(directory: string, servers: readonly string[]) {
    this.directory = directory;
    this.options = ["-F", join(directory, "config")];
    this.#servers = servers;
  }

  static async to(live: LiveLab): Promise<SshAccess> {
    // A control socket's path must fit into sockaddr_un: use a short directory.
    const directory = await mkdtemp(join(tmpdir(), "lb-ssh-"));
    const place = labHost(live);
    const files = { identity: join(directory, "identity"), knownHosts: join(directory, "known_hosts") };
    const hosts = await Promise.all(
      live.servers.map(async ({ name, address }) => ({
        name,
        keyAlias: name,
        proxyCommand: await place.connectCommand(address, 22),
      })),
    );
    await writeFile(files.identity, live.servers[0]?.privateKey ?? "", { mode: 0o600 });
    await writeFile(files.knownHosts, live.servers.map((one) => `${one.name} ${one.hostKey}\n`).join(""));
    await writeFile(join(directory, "config"), sshConfig(hosts, files));
    return new SshAccess(
      directory,
      live.servers.map(({ name }) => name),
    );
  }

  /** Runs a script on a server with bash, over one connection. @returns its output */
  script = (server: string, text: string): Promise<string> =>
    run(["ssh", ...this.options, "-T", server, "bash -s"], { stdin: text });

  /** Ends the connections that a tool keeps open, so that the next run starts like a later one. */
  async cool(): Promise<void> {
    for (const name of this.#servers)
      await run(["ssh", ...this.options, "-o", `ControlPath=${this.controlPath}`, "-O", "exit", name]).catch(() => {});
  }

  /** Path of kept connections, in ssh_config(5)'s form. */
  get controlPath(): string {
    return join(this.directory, "%n");
  }

  async end(): Promise<void> {
    await this.cool();
    await rm(this.directory, { recursive: true, force: true });
  }
}
