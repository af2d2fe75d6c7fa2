import { spawn } from "node:child_process";
import { existsSync, readFileSync, readlinkSync } from "node:fs";
import { copyFile, mkdir, open, readdir, rename, rm, symlink, writeFile } from "node:fs/promises";
import { createConnection } from "node:net";
import { join } from "node:path";
import { Duplex } from "node:stream";
import { fileURLToPath } from "node:url";
import { $ } from "zx";
import { until } from "../../until.ts";
import { LabHostDownError } from "../errors.ts";
import { packageServerConfig, upstreams } from "./package-server.ts";

/** sockaddr_un holds 108 bytes with the ending NUL: unix(7). */
const SOCKET_PATH_BYTES = 107;

/** TCP port on the lab's bridge at which guests find their packages. */
export const PACKAGE_PORT = 3142;

/**
 * A libvirtd of the lab's own in network, mount and PID namespaces of its own, so that its addresses and its VRRP reach nothing else
 * and any number of labs run side by side on the same addresses. Unix sockets cross network namespaces, which is how Pulumi and
 * virsh get in; TCP does not, which is what `stream` is for.
 */
export class PrivateHost {
  readonly directory: string;

  constructor(directory: string) {
    this.directory = directory;
  }

  get socket(): string {
    return join(this.directory, "run/libvirt-sock");
  }

  get uri(): string {
    return `qemu+unix:///system?socket=${this.socket}`;
  }

  /** The PID of the host's init on this machine, if it lives. A PID that now belongs to something else does not count. */
  get pid(): number | undefined {
    try {
      const pid = Number(readFileSync(join(this.directory, "init.pid"), "utf8"));
      const words = readFileSync(`/proc/${pid}/cmdline`, "utf8").split("\0");
      return words.some((word) => word.endsWith("/init.sh")) && words.includes(this.directory) ? pid : undefined;
    } catch {
      return undefined;
    }
  }

  /** Changes whenever the host has been started anew, and everything in it with it. */
  get generation(): string | undefined {
    const pid = this.pid;
    if (pid === undefined) return undefined;
    // Field 22 of /proc/PID/stat is the start time in clock ticks since boot: proc(5). The command's name may hold spaces.
    const fields = readFileSync(`/proc/${pid}/stat`, "utf8").split(") ").at(-1)?.split(" ") ?? [];
    return `${pid}-${fields[19]}`;
  }

  /** Whether its libvirtd answers. */
  async answers(): Promise<boolean> {
    if (this.pid === undefined) return false;
    return await new Promise((resolve) => {
      const socket = createConnection(this.socket);
      socket.once("connect", () => resolve(true)).once("error", () => resolve(false));
      socket.once("connect", () => socket.destroy());
    });
  }

  /** The flat repository that guests find at `/pool/`, if one is given. */
  get packages(): string | undefined {
    try {
      return readlinkSync(join(this.directory, "packages"));
    } catch {
      return undefined;
    }
  }

  /** Gives guests another flat repository, at once. */
  async servePackages(pool: string): Promise<void> {
    const link = join(this.directory, "packages");
    await rm(`${link}.new`, { force: true });
    await symlink(pool, `${link}.new`);
    await rename(`${link}.new`, link);
  }

  /**
   * Starts it, and waits until libvirtd answers. Domains and networks marked autostart come up with it.
   * @param cache the directory of what the labs of this machine share: here packages, and what libvirt has found QEMU capable of
   */
  async start(cache: string): Promise<void> {
    this.#checkSocketPath();
    if (this.pid === undefined) {
      const [packages, capabilities] = [join(cache, "debian"), join(cache, "qemu-capabilities")];
      for (const shared of [packages, capabilities]) await mkdir(shared, { recursive: true });
      await this.#lay(packages);
      const log = await open(join(this.directory, "log/init.log"), "a");
      const init = fileURLToPath(new URL("init.sh", import.meta.url));
      const namespaces = ["--mount", "--pid", "--fork", "--propagation", "private"];
      const child = spawn("unshare", [...namespaces, init, this.directory, capabilities], {
        detached: true, // the lab outlives the run that made it, and Ctrl-C in its terminal
        stdio: ["ignore", log.fd, log.fd],
        cwd: "/",
      });
      await new Promise((resolve, reject) => child.once("spawn", resolve).once("error", reject));
      child.unref();
      await log.close();
    }
    await until(
      async () => {
        if (!(await this.answers())) throw new Error("libvirtd does not answer yet");
      },
      {
        seconds: 30,
        everyMs: 50,
        failed: () =>
          new Error(
            `the lab host did not come up within 30 s. Its logs are in ${join(this.directory, "log")}; the last lines:\n${this.#lastLog()}`,
          ),
      },
    );
  }

  /** Ends it with everything that runs in it, and takes its directory away. */
  async destroy(): Promise<void> {
    const pid = this.pid;
    if (pid !== undefined) {
      process.kill(pid, "SIGKILL");
      await until(
        async () => {
          if (existsSync(`/proc/${pid}`)) throw new Error("still there");
        },
        {
          seconds: 20,
          everyMs: 20,
          failed: () => new Error(`the lab host (PID ${pid}) was killed but has not ended after 20 s`),
        },
      );
    }
    await rm(this.directory, { recursive: true, force: true });
  }

  /**
   * Makes a host on the lab's segment: a network namespace, joined to the bridge by a veth pair. One of that name is made anew. Its kernel
   * leaves the ports below 40000 to those who choose their own: see `PORTS` in verify/probe/probe.mjs.
   */
  async addNeighbour(name: string, { bridge, address }: { bridge: string; address: string }): Promise<void> {
    await this.removeNeighbour(name);
    const script = `set -e
      : >"$1"
      unshare --net="$1" ip link set lo up
      nsenter --net="$2" ip link add "$3" type veth peer name eth0 netns "$1"
      nsenter --net="$2" ip link set "$3" master "$4" up
      nsenter --net="$1" sysctl -q net.ipv4.ip_local_port_range="40000 65535"
      nsenter --net="$1" ip address add "$5" dev eth0
      nsenter --net="$1" ip link set eth0 up`;
    await this.#inMounts(["bash", "-c", script, name, this.#net(name), this.#net("lab"), name, bridge, address]);
  }

  async removeNeighbour(name: string): Promise<void> {
    if (this.pid === undefined) return;
    const script = `if mountpoint -q "$1"; then umount "$1"; fi; rm -f "$1"; nsenter --net="$2" ip link delete "$3" 2>/dev/null || true`;
    await this.#inMounts(["bash", "-c", script, name, this.#net(name), this.#net("lab"), name]);
  }

  async #inMounts(command: readonly string[]): Promise<void> {
    await $({ quiet: true })`nsenter --target ${String(this.pid)} --mount --pid -- ${command}`;
  }

  stream(address: string, port: number): Duplex {
    const [file = "", ...args] = this.onSegment(["socat", "-", `TCP:${address}:${port},connect-timeout=5`]);
    const child = spawn(file, args, { stdio: ["pipe", "pipe", "ignore"] });
    const stream = Duplex.from({ readable: child.stdout, writable: child.stdin });
    child.stdin.on("error", () => {}); // a stream that is closed early; the reading side tells
    stream.once("close", () => child.kill());
    child.once("error", (error) => stream.destroy(error));
    return stream;
  }

  onSegment(command: readonly string[]): string[] {
    return this.#inNetwork("lab", command);
  }

  asClient(command: readonly string[]): string[] {
    return this.#inNetwork("client", command);
  }

  asNeighbour(name: string, command: readonly string[]): string[] {
    // In the lab host's PID namespace: what it starts ends with the lab host.
    return this.#inNetwork(name, command, ["--target", String(this.pid), "--pid", "--mount"]);
  }

  #inNetwork(name: string, command: readonly string[], more: readonly string[] = []): string[] {
    const pid = this.pid;
    if (pid === undefined) throw new LabHostDownError(this.directory);
    // The namespace's file is bound in the host's mount namespace, which /proc shows from outside.
    return ["nsenter", ...more, `--net=/proc/${pid}/root${this.#net(name)}`, "--", ...command];
  }

  /** The file that a network namespace is bound to, in the host's mount namespace. */
  #net(name: string): string {
    return join(this.directory, "net", name);
  }

  /** The directory as init.sh expects it. What libvirt keeps between starts (etc, lib) stays; sockets and PIDs do not. */
  async #lay(packageCache: string): Promise<void> {
    const at = (...path: string[]) => join(this.directory, ...path);
    await mkdir(this.directory, { recursive: true, mode: 0o700 });
    for (const name of ["run", "net"]) await rm(at(name), { recursive: true, force: true });
    for (const name of ["run", "net", "lib", "etc", "log/qemu", "cache", "pool", "transcripts"])
      await mkdir(at(name), { recursive: true });
    for (const name of await readdir(new URL("libvirt/", import.meta.url)))
      await copyFile(new URL(`libvirt/${name}`, import.meta.url), at("etc", name));
    await writeFile(at("packages.port"), String(PACKAGE_PORT));
    await writeFile(
      at("packages.conf"),
      packageServerConfig({ directory: this.directory, cache: packageCache, upstreams: await upstreams() }),
    );
  }

  #checkSocketPath(): void {
    const bytes = Buffer.byteLength(this.socket);
    if (bytes > SOCKET_PATH_BYTES)
      throw new Error(
        `the lab's directory ${this.directory} is too deep: its socket's path would have ${bytes} bytes, and a Unix socket's may have ` +
          `${SOCKET_PATH_BYTES}. Set LVS_LAB_STATE to a shorter directory.`,
      );
  }

  #lastLog(): string {
    return ["init.log", "virtualize.out", "serve_packages.out"]
      .map((name) => join(this.directory, "log", name))
      .filter(existsSync)
      .flatMap((file) => readFileSync(file, "utf8").trimEnd().split("\n").slice(-5))
      .map((line) => `    ${line}`)
      .join("\n");
  }
}
