import { type ChildProcess, spawn } from "node:child_process";
import { existsSync, readFileSync, readlinkSync } from "node:fs";
import { copyFile, mkdir, open, readdir, readFile, rename, rm, symlink, writeFile } from "node:fs/promises";
import { basename, join } from "node:path";
import { Duplex } from "node:stream";
import { fileURLToPath } from "node:url";
import ipaddr from "ipaddr.js";
import { type GuestOs, guestOses } from "../../../lab/index.ts";
import { cacheRoot, SOCKET_PATH_BYTES } from "../../paths.ts";
import { until } from "../../until.ts";
import { type LabHost, type LabSpawnOptions, type ObservedHost, SEGMENT } from "../access.ts";
import { runOnHost } from "../command.ts";
import { LabHostDownError } from "../errors.ts";
import { type LabFiles, localFiles } from "../files.ts";
import { becomeRoot, joinRoot, labEnvironment, startOutliving } from "../machine/namespaces.ts";
import { commandLine, guestName, killProcess, ownProcesses, processes, processLink } from "../machine/processes.ts";
import { type HostClocks, ownClocks } from "../machine/wall-clock.ts";
import { type PackagePools, poolLink, poolsBy } from "../package-pools.ts";
import { type Bind, entering, userland } from "../userland/userland.ts";
import { answersLibvirt } from "./libvirt-ping.ts";
import { packageServerConfig, poolLocation, upstreams } from "./package-server.ts";

/** TCP port of the package server on the lab's bridge. */
export const PACKAGE_PORT = 3142;

/** Deadlines in seconds: to start a lab host, and for a running one to answer. */
const START_SECONDS = 30;
const ALIVE_SECONDS = 5;

/**
 * An attached host's MAC address, derived from the last two bytes of its address: a recreated host keeps its address in the guests' ARP caches.
 * Servers' addresses start with fe, attached hosts' with fd.
 */
const macOf = (address: string): string => {
  const [text = ""] = address.split("/");
  const bytes = ipaddr.parse(text).toByteArray().slice(-2);
  return `52:54:00:fd:${bytes.map((byte) => byte.toString(16).padStart(2, "0")).join(":")}`;
};

/** File that marks a directory as a lab's. Directories without it are never removed. */
export const MARK = "lvs-lab";
export const MARK_TEXT = "This directory is a lab's, made by lvs-lab. It goes when the lab is taken down.\n";

/** What another kind of lab host has beside a private one's. */
export interface Further {
  /** What it sees of the machine. */
  readonly binds?: readonly Bind[];
  /** Scripts that are copied into its directory; init.sh knows them by their names. */
  readonly scripts?: readonly string[];
  /** Whether its commands keep the user's groups, which nsenter(1) drops: a socket may be for a group alone. */
  readonly keepsGroups?: boolean;
}

/**
 * A private libvirtd in network, mount and PID namespaces of its own. Its addresses and VRRP reach nothing outside, so any number of labs
 * can use the same addresses side by side. Unix sockets cross network namespaces: Pulumi and virsh use them. TCP does not: `connect` is for
 * that. Its programs come from the userland; the lab's directory and the cache's images have the same paths inside as on the machine.
 */
export class PrivateHost implements LabHost {
  readonly directory: string;
  readonly isHere = true;
  readonly #further: Further;

  constructor(directory: string, further: Further = {}) {
    this.directory = directory;
    this.#further = further;
  }

  get files(): LabFiles {
    return localFiles(this.directory);
  }

  get socket(): string {
    return join(this.directory, "run/libvirt-sock");
  }

  get uri(): string {
    return `qemu+unix:///system?socket=${this.socket}`;
  }

  /** PID of the lab host's init on this machine, if alive. A PID reused by another process does not count. */
  get pid(): number | undefined {
    try {
      const pid = Number(readFileSync(join(this.directory, "init.pid"), "utf8"));
      return this.#isOurs(pid) ? pid : undefined;
    } catch {
      return undefined;
    }
  }

  /** Whether a process is this lab host's init, or about to become it. */
  #isOurs(pid: number): boolean {
    const words = commandLine(pid);
    return words.some((word) => word.endsWith("/init.sh")) && words.includes(this.directory);
  }

  /** All such processes of this user, including one whose PID file was lost with the directory. */
  #processes(): number[] {
    return ownProcesses().filter((pid) => this.#isOurs(pid));
  }

  get #generation(): string | undefined {
    const pid = this.pid;
    if (pid === undefined) return undefined;
    // Field 22 of /proc/PID/stat is the start time in clock ticks since boot: proc(5). The command's name may hold spaces.
    const fields = readFileSync(`/proc/${pid}/stat`, "utf8").split(") ").at(-1)?.split(" ") ?? [];
    return `${pid}-${fields[19]}`;
  }

  async guests(): Promise<string[]> {
    const pid = this.pid;
    if (pid === undefined) return [];
    const namespace = processLink(pid, "ns/pid");
    const found = processes().flatMap((one) =>
      processLink(one, "ns/pid") === namespace ? (guestName(commandLine(one)) ?? []) : [],
    );
    // What a process has just forked has its command line until it executes another program.
    return [...new Set(found)];
  }

  async observe(): Promise<ObservedHost | undefined> {
    const generation = this.#generation;
    if (generation === undefined || !this.#hasUserland() || !(await answersLibvirt(this.socket))) return undefined;
    return { generation, packages: this.#packages };
  }

  /** Whether its programs exist: the cache that holds them may be removed at any time. */
  #hasUserland(): boolean {
    return existsSync(`/proc/${this.pid}/root/usr/bin/bash`);
  }

  get #packages(): PackagePools {
    return poolsBy((os) => {
      try {
        return readlinkSync(join(this.directory, poolLink(os)));
      } catch {
        return undefined;
      }
    });
  }

  async #servePackages(pools: PackagePools): Promise<void> {
    for (const os of guestOses) {
      const link = join(this.directory, poolLink(os));
      const pool = pools[os];
      if (pool === this.#packages[os]) continue;
      await rm(pool === undefined ? link : `${link}.new`, { force: true });
      if (pool === undefined) continue;
      await symlink(pool, `${link}.new`);
      await rename(`${link}.new`, link);
    }
    await this.#serveAt(Object.keys(pools) as GuestOs[]);
  }

  /** A lab host that an earlier version started has a package server that knows fewer operating systems. */
  async #serveAt(oses: readonly GuestOs[]): Promise<void> {
    const file = join(this.directory, "packages.conf");
    const text = await readFile(file, "utf8");
    if (oses.every((os) => text.includes(poolLocation(this.directory, os)))) return;
    await this.#configurePackageServer(join(cacheRoot(), "debian"));
    // As `nginx -s reload` does, which would look names up where there is no network.
    await runOnHost(this, SEGMENT, ["pkill", "-HUP", "--pidfile", join(this.directory, "run/nginx.pid")]);
  }

  /** Also starts domains and networks marked autostart. */
  async start({ packages, onProgress }: Parameters<LabHost["start"]>[0]): Promise<void> {
    this.#checkSocketPath();
    if (this.pid !== undefined) {
      try {
        await this.#untilItAnswers(ALIVE_SECONDS);
      } catch {
        // Init runs and restarts its libvirtd if it exits; a libvirtd that does not answer hangs.
        onProgress?.("the lab host does not answer; restarting it");
        await this.#end();
      }
    }
    if (this.pid === undefined) {
      await this.#end(); // a lab host whose directory was removed
      await this.#launch(onProgress);
      await this.#untilItAnswers(START_SECONDS);
    }
    await this.#servePackages(packages);
  }

  async #launch(onProgress?: (message: string) => void): Promise<void> {
    const system = await userland({ onProgress });
    onProgress?.("starting libvirtd and the package server");
    const shared = (name: string) => join(cacheRoot(), name);
    const [debian, capabilities, images] = [shared("debian"), shared("qemu-capabilities"), shared("images")];
    for (const directory of [debian, capabilities, images]) await mkdir(directory, { recursive: true });
    await this.#lay(debian);
    const log = await open(join(this.directory, "log/init.log"), "a");
    const binds = [
      { from: this.directory, write: true },
      { from: debian, write: true },
      { from: capabilities, write: true },
      { from: images },
      ...(this.#further.binds ?? []),
    ];
    const init = ["/bin/bash", join(this.directory, "init.sh"), this.directory, capabilities, String(PACKAGE_PORT)];
    const namespaces = [...becomeRoot(), "--mount", "--pid", "--fork", "--propagation", "slave", "--"];
    const start = ["unshare", ...namespaces, ...entering(system, binds, init)];
    await startOutliving(start, `lvs-lab-${basename(this.directory)}`, {
      stdio: ["ignore", log.fd, log.fd],
      cwd: "/",
      env: labEnvironment({ XDG_RUNTIME_DIR: process.env.XDG_RUNTIME_DIR }),
    });
    await log.close();
  }

  async #untilItAnswers(seconds: number): Promise<void> {
    await until(
      async () => {
        if (!(await this.observe())) throw new Error("libvirtd does not answer yet");
      },
      {
        seconds,
        everyMs: 50,
        failed: () =>
          new Error(
            `the lab host did not come up within ${seconds} s. Its logs are in ${join(this.directory, "log")}; the last lines:\n${this.#lastLog()}`,
          ),
      },
    );
  }

  async destroy(): Promise<void> {
    await this.#end();
    if (existsSync(this.directory) && !existsSync(join(this.directory, MARK)))
      throw new Error(
        `${this.directory} is not a lab's directory: it has no file ${MARK}. Fix: look at its contents; if it is a lab's, remove it by hand.`,
      );
    await rm(this.directory, { recursive: true, force: true });
  }

  async forget(): Promise<void> {
    await this.destroy();
  }

  /** Kills all of its processes. */
  async #end(): Promise<void> {
    await until(
      async () => {
        const pids = this.#processes();
        for (const pid of pids) killProcess(pid);
        if (pids.length > 0) throw new Error(`PID ${pids.join(", ")}`);
      },
      {
        seconds: 20,
        everyMs: 20,
        failed: (last) => new Error(`the lab host was killed but has not ended after 20 s: ${(last as Error).message}`),
      },
    );
  }

  /**
   * Its kernel leaves ports below 40000 to programs that choose their own: see verify/probe/source-ports.mjs. The bridge is left without STP, with which
   * libvirt makes it: a port that is new on it would forward nothing for four seconds, and a host that is made anew miss its first health checks.
   */
  async attach(
    name: string,
    { bridge, address = "", address6 = "" }: { bridge: string; address?: string; address6?: string },
  ): Promise<void> {
    await this.detach(name);
    const script = `set -e
      : >"$1"
      unshare --net="$1" ip link set lo up
      nsenter --net="$2" ip link add "$3" type veth peer name eth0 address "$6" netns "$1"
      nsenter --net="$2" ip link set "$4" type bridge stp_state 0
      nsenter --net="$2" ip link set "$3" master "$4" up
      nsenter --net="$1" sysctl -q net.ipv4.ip_local_port_range="40000 65535"
      [ -z "$5" ] || nsenter --net="$1" ip address add "$5" dev eth0
      [ -z "$7" ] || nsenter --net="$1" sysctl -q net.ipv6.conf.eth0.accept_ra=0 net.ipv6.conf.eth0.autoconf=0
      nsenter --net="$1" ip link set eth0 up
      [ -z "$7" ] || nsenter --net="$1" ip address add "$7" dev eth0 nodad`;
    const mac = macOf(address || address6);
    await this.#script(script, this.#net(name), this.#net(SEGMENT), name, bridge, address, mac, address6);
  }

  async detach(name: string): Promise<void> {
    if (this.pid === undefined) return;
    const script = `if mountpoint -q "$1"; then umount "$1"; fi; rm -f "$1"; nsenter --net="$2" ip link delete "$3" 2>/dev/null || true`;
    await this.#script(script, this.#net(name), this.#net(SEGMENT), name);
  }

  async #script(text: string, ...words: string[]): Promise<void> {
    await runOnHost(this, SEGMENT, ["bash", "-c", text, "bash", ...words]);
  }

  connect(address: string, port: number): Duplex {
    const [file = "", ...args] = this.#connecting(address, port);
    const child = spawn(file, args, { stdio: ["pipe", "pipe", "ignore"], env: labEnvironment() });
    const stream = Duplex.from({ readable: child.stdout, writable: child.stdin });
    child.stdin.on("error", () => {}); // closed early: the reading side reports it
    stream.once("close", () => child.kill());
    child.once("error", (error) => stream.destroy(error));
    return stream;
  }

  async connectCommand(address: string, port: number): Promise<string[]> {
    return this.#connecting(address, port);
  }

  #connecting(address: string, port: number): string[] {
    return this.#entering(SEGMENT, ["socat", "-", `TCP:${address}:${port},connect-timeout=5`], { direct: true });
  }

  spawn(at: string, command: readonly string[], options: LabSpawnOptions = {}): ChildProcess {
    const { programs, direct, env, ...rest } = options;
    const [file = "", ...args] = this.#entering(at, command, { programs, direct });
    return spawn(file, args, { ...rest, env: labEnvironment(env) });
  }

  async node(script: string, ...args: readonly string[]): Promise<string[]> {
    return [process.execPath, script, ...args];
  }

  async clocks(): Promise<HostClocks> {
    return ownClocks();
  }

  #entering(
    at: string,
    command: readonly string[],
    { programs = "userland", direct = programs === "machine" }: Pick<LabSpawnOptions, "programs" | "direct"> = {},
  ): string[] {
    const pid = this.pid;
    if (pid === undefined) throw new LabHostDownError(this.directory);
    return [
      ...["nsenter", "--target", String(pid), ...joinRoot({ keepsGroups: this.#further.keepsGroups })],
      ...(programs === "userland" ? ["--mount"] : []),
      ...(direct ? [] : ["--pid"]),
      // The namespace file is a bind mount in the lab host's mount namespace, visible from outside through /proc.
      `--net=/proc/${pid}/root${this.#net(at)}`,
      // The child is nsenter, which waits for the command. The command is killed with it.
      ...["--", ...(direct ? [] : ["setpriv", "--pdeathsig", "KILL"]), ...command],
    ];
  }

  /** File in the lab host's mount namespace to which a network namespace is bound. */
  #net(name: string): string {
    return join(this.directory, "net", name);
  }

  /** Prepares the directory for init.sh. Keeps libvirt's state between starts (etc, lib); removes sockets and PID files. */
  async #lay(packageCache: string): Promise<void> {
    const at = (...path: string[]) => join(this.directory, ...path);
    await mkdir(this.directory, { recursive: true, mode: 0o700 });
    await writeFile(at(MARK), MARK_TEXT);
    for (const name of ["run", "net"]) await rm(at(name), { recursive: true, force: true });
    for (const name of ["run", "net", "lib", "etc", "log/qemu", "cache", "pool", "transcripts"])
      await mkdir(at(name), { recursive: true });
    for (const name of await readdir(new URL("libvirt/", import.meta.url)))
      await copyFile(new URL(`libvirt/${name}`, import.meta.url), at("etc", name));
    const own = ["init.sh", "keep-groups.pl"].map((name) => fileURLToPath(new URL(name, import.meta.url)));
    for (const script of [...own, ...(this.#further.scripts ?? [])]) await copyFile(script, at(basename(script)));
    await this.#configurePackageServer(packageCache);
  }

  async #configurePackageServer(cache: string): Promise<void> {
    const { directory } = this;
    await writeFile(
      join(directory, "packages.conf"),
      packageServerConfig({ directory, cache, upstreams: await upstreams() }),
    );
  }

  #checkSocketPath(): void {
    const bytes = Buffer.byteLength(this.socket);
    if (bytes > SOCKET_PATH_BYTES)
      throw new Error(
        `the lab's directory ${this.directory} is too deep: its socket's path would have ${bytes} bytes; the limit for a Unix socket is ` +
          `${SOCKET_PATH_BYTES}. Fix: set LVS_LAB_STATE to a shorter directory.`,
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
