import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdirSync, openSync, readFileSync, writeSync } from "node:fs";
import { chown, mkdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { $, quote } from "zx";
import { cacheRoot } from "../../setup/paths.mjs";
import { Daemon } from "./daemon.ts";
import { copyHostImage, hostsCache, type Suite, type User } from "./host-image.ts";
import { passMachineSettings } from "./machine-settings.ts";
import { installNode, type NodeMajor } from "./node.ts";
import { bundleProject } from "./project-bundle.ts";
import { makeCgroups, makeRun, removeRun } from "./runs.ts";

export interface HostOptions {
  readonly suite: Suite;
  /** Major version of a Node installed below /usr/local. Default: 20 on bookworm, none on trixie, whose own package is 20.19. */
  readonly node?: NodeMajor;
  /** Whether the host has an eth0, which reaches what the machine reaches. Default: true. */
  readonly network?: boolean;
}

export interface RunOptions {
  /** Working directory, relative to the user's home. */
  readonly cwd?: string;
  /** The command's standard input. Default: empty. */
  readonly input?: string;
}

export interface Ran {
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Folders of the project's cache that take long to build. */
export type WarmPart = "toolchain" | "images" | "userland";

const BOOT_MS = 60_000;
/** Longer than the 90 s that systemd gives a unit to stop. */
const SHUTDOWN_MS = 120_000;
/** Waits this long for the last output of a command that has ended: a background process may hold its pipes open for ever. */
const DRAIN_MS = 500;
/** systemd-nspawn(1), --keep-unit: the exit status when the system inside reboots. */
const REBOOT_STATUS = 133;

const rootPath = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

/** Programs that the machine must have, and their packages. */
const packageOf: Readonly<Record<string, string>> = {
  "systemd-nspawn": "systemd-container",
  slirp4netns: "slirp4netns",
  mmdebstrap: "mmdebstrap",
  mke2fs: "e2fsprogs",
  setpriv: "util-linux",
};

/** Makes the container resemble a machine: writable /proc and /sys, no system call filter, /tmp left to systemd, cgroup2. */
const nspawnEnvironment = {
  SYSTEMD_NSPAWN_API_VFS_WRITABLE: "1",
  SYSTEMD_NSPAWN_TMPFS_TMP: "0",
  SYSTEMD_NSPAWN_UNIFIED_HIERARCHY: "1",
  SYSTEMD_SECCOMP: "0",
};

/**
 * Boots the disk. Arguments: the host's directory, its control groups.
 * - The PID namespace ends the system when this script is killed; killing systemd-nspawn alone would leave systemd running.
 * - The tmpfs hides the files that systemd-nspawn leaves behind in /run.
 * - The disk is unmounted at the end: the next boot must not mount it a second time.
 */
const bootScript = `
cd "$1"; shift
for group; do echo $$ >"$group/cgroup.procs"; done
exec unshare --net --mount --propagation slave --pid --fork --kill-child sh -euc '
  mkdir -p root
  mount -o loop disk root
  mount -t proc proc /proc
  mount -t tmpfs tmpfs /run
  ip link set lo up
  status=0
  systemd-nspawn --directory=root --machine=host --boot --register=no --keep-unit --capability=all \\
    --console=pipe --settings=no --link-journal=no --resolv-conf=off --timezone=off || status=$?
  umount root
  exit $status
'`;

/** systemd-nspawn copies the machine's node if there is one, and udev sets its mode. This covers the other cases. */
const tunScript = `
test "$(stat --format %a /dev/net/tun 2>/dev/null)" != 666 || exit 0
rm -f /dev/net/tun
mkdir -p /dev/net
mknod --mode 666 /dev/net/tun c 10 200`;

/**
 * A Debian system with systemd as PID 1. systemd-nspawn boots it from a throw-away copy of an image, on this machine's kernel, in
 * namespaces of its own, network included. Its users can do what they could on real hardware, without /dev/kvm.
 *
 * The host's processes end with the test process, even a killed one; the next `boot` then removes the files. In this folder "the machine"
 * is the one that runs the tests.
 */
export class Host {
  readonly name: string;
  /** The host's files on the machine. */
  readonly directory: string;
  /** Log file: the console, and every command with its output. `end` keeps it. */
  readonly log: string;
  readonly #network: boolean;
  readonly #logFile: number;
  #nspawn: Daemon | undefined;
  #slirp: Daemon | undefined;
  /** The machine's PID of the host's PID 1; 0 while it is off. */
  #init = 0;

  private constructor(name: string, directory: string, network: boolean) {
    this.name = name;
    this.log = join(hostsCache(), "logs", `${name}.log`);
    this.directory = directory;
    this.#network = network;
    mkdirSync(join(hostsCache(), "logs"), { recursive: true });
    this.#logFile = openSync(this.log, "w");
  }

  /** Makes a host and boots it. The name must be unique in this process. */
  static async boot(name: string, { suite, node, network = true }: HostOptions): Promise<Host> {
    checkMachine();
    const host = new Host(name, await makeRun(name), network);
    try {
      await copyHostImage(suite, join(host.directory, "disk"));
      await host.start();
      await passMachineSettings(host.root);
      const major = node ?? (suite === "bookworm" ? 20 : undefined);
      if (major !== undefined) await installNode(major, host.root);
      return host;
    } catch (error) {
      await host.end();
      throw error;
    }
  }

  /** Path on the machine of the running host's root file system. */
  get root(): string {
    return `/proc/${this.#init}/root`;
  }

  /** Boots the host again after `powerOff`. Returns when systemd is done, even if units failed: see `failedUnits`. */
  async start(): Promise<void> {
    const groups = await makeCgroups(this.directory);
    const nspawn = this.#daemon(["sh", "-euc", bootScript, "sh", this.directory, ...groups]);
    this.#nspawn = nspawn;
    const deadline = Date.now() + BOOT_MS;
    for (let state = ""; !["running", "degraded"].includes(state); await sleep(20)) {
      if (!nspawn.running || Date.now() > deadline) throw this.#failed(`does not boot: ${state || "no systemd"}`);
      this.#init = initBelow(nspawn.pid);
      if (this.#init === 0) continue;
      if (this.#network) this.#slirp ??= await this.#connect(nspawn.pid);
      state = (await this.asRoot("systemctl is-system-running --wait")).stdout.trim();
    }
    await this.#insist(this.asRoot(tunScript), "/dev/net/tun");
  }

  /**
   * Logs a user in to run a command, as `ssh USER@host COMMAND` would: in a session of systemd-logind, with Debian's login environment.
   * Background processes survive the command unless logind kills them.
   */
  run(user: User | "root", command: string, { cwd, input = "" }: RunOptions = {}): Promise<Ran> {
    const script = cwd === undefined ? command : `cd ${quote(cwd)} && {\n${command}\n}`;
    // As in a session of sshd. pam_systemd gives su the class `background`, which KillUserProcesses does not touch.
    const session = ["XDG_SESSION_CLASS=user", "XDG_SESSION_TYPE=tty"];
    return this.#run(`${user}: ${command}`, [...session, "su", "--login", user, "--command", script], input);
  }

  /** Like `run`, but throws unless the command succeeds. @returns its standard output */
  async ok(user: User | "root", command: string, options?: RunOptions): Promise<string> {
    return await this.#insist(this.run(user, command, options), `${user}: ${command}`);
  }

  /** Runs a bash script as root without a login session: systemd sees no trace of it. */
  asRoot(script: string): Promise<Ran> {
    return this.#run(`(root) ${script}`, ["bash", "-euo", "pipefail", "-c", script], "");
  }

  /** Names of failed units. */
  async failedUnits(): Promise<string[]> {
    const list = "systemctl list-units --state=failed --plain --no-legend --full";
    const lines = (await this.#insist(this.asRoot(list), list)).split("\n");
    return lines.flatMap((line) => line.split(" ")[0] || []);
  }

  /** Clones the project, uncommitted changes included, into `~/lvs-lab`. @returns `lvs-lab`, for `cwd` */
  async clone(user: User): Promise<string> {
    const bundle = "/srv/lvs-lab.bundle";
    await bundleProject(join(this.root, bundle));
    await this.ok(user, `git clone --quiet ${bundle} lvs-lab`);
    return "lvs-lab";
  }

  /** Copies built things from the machine's cache into a user's. */
  async warm(user: User | "root", parts: readonly WarmPart[]): Promise<void> {
    const [uid, gid] = await this.#idsOf(user);
    const home = join(this.root, user === "root" ? "root" : `home/${user}`);
    const cache = join(home, ".cache/lvs-lab");
    await mkdir(cache, { recursive: true });
    for (const made of [join(home, ".cache"), cache]) await chown(made, uid, gid);
    for (const part of parts) {
      const source = join(cacheRoot(), part);
      if (!existsSync(source)) throw new Error(`${source} is not there: \`npm run setup\` makes it`);
      await $({ quiet: true })`cp --archive --reflink=auto --no-target-directory ${source} ${join(cache, part)}`;
      await $({ quiet: true })`chown --recursive ${uid}:${gid} ${join(cache, part)}`;
    }
  }

  async reboot(): Promise<void> {
    await this.#shutDown("reboot", REBOOT_STATUS);
    await this.start();
  }

  /** Shuts the host down; `start` boots it again. */
  async powerOff(): Promise<void> {
    await this.#shutDown("poweroff", 0);
  }

  /** Kills the host and removes its files. */
  async end(): Promise<void> {
    await this.#nspawn?.kill();
    await this.#slirp?.kill();
    await removeRun(this.directory);
  }

  /** @param expected exit status of systemd-nspawn */
  async #shutDown(verb: "reboot" | "poweroff", expected: number): Promise<void> {
    await this.asRoot(`systemctl ${verb}`);
    const late = sleep(SHUTDOWN_MS, "late", { ref: false });
    const status = await Promise.race([this.#nspawn?.ended, late]);
    if (status !== expected) throw this.#failed(`does not ${verb}: ${status}`);
    this.#init = 0;
    await this.#slirp?.kill();
    this.#slirp = undefined;
  }

  /** Gives the host an eth0. slirp4netns relays its connections from user space; the machine's network stays as it is. */
  async #connect(pid: number): Promise<Daemon> {
    const options = ["--configure", "--mtu=65520", "--macaddress=52:54:00:12:34:56", "--disable-host-loopback"];
    const slirp = this.#daemon(["slirp4netns", ...options, "--ready-fd=3", `${pid}`, "eth0"]);
    await slirp.ready();
    if (!slirp.running) throw this.#failed("gets no network");
    // slirp4netns sets the MAC address too late: the link-local address would differ after every boot.
    await this.#insist(this.asRoot("ip -6 address flush dev eth0"), "eth0");
    return slirp;
  }

  #daemon(command: readonly string[]): Daemon {
    const env = { ...process.env, PATH: searchPath().join(":"), ...nspawnEnvironment };
    return new Daemon(command, { cwd: this.directory, env, log: this.#logFile });
  }

  async #idsOf(user: User | "root"): Promise<[uid: number, gid: number]> {
    const passwd = await readFile(join(this.root, "etc/passwd"), "utf8");
    const [, uid, gid] = new RegExp(`^${user}:[^:]*:(\\d+):(\\d+):`, "m").exec(passwd) ?? [];
    return [Number(uid), Number(gid)];
  }

  /** Runs a program in the host's namespaces with a clean environment. */
  async #run(title: string, command: readonly string[], input: string): Promise<Ran> {
    if (this.#init === 0) throw new Error(`host ${this.name} is not running`);
    const clean = ["env", "--ignore-environment", `PATH=${rootPath}`, "HOME=/root", "TERM=dumb"];
    const child = spawn("nsenter", ["--target", `${this.#init}`, "--all", "--", ...clean, ...command]);
    writeSync(this.#logFile, `[${title}]\n`);
    const output = { stdout: "", stderr: "" };
    for (const stream of ["stdout", "stderr"] as const)
      child[stream].setEncoding("utf8").on("data", (text: string) => {
        output[stream] += text;
        writeSync(this.#logFile, text);
      });
    child.stdin.on("error", () => {}).end(input); // the command need not read it
    const closed = once(child, "close");
    const [status] = (await once(child, "exit")) as [number | null];
    await Promise.race([closed, sleep(DRAIN_MS)]);
    child.stdout.destroy();
    child.stderr.destroy();
    return { status, ...output };
  }

  async #insist(running: Promise<Ran>, title: string): Promise<string> {
    const { status, stdout, stderr } = await running;
    if (status !== 0) throw new Error(`host ${this.name}: ${title}: status ${status}\n${stdout}${stderr}`);
    return stdout;
  }

  /** An error that ends with the tail of the log. */
  #failed(what: string): Error {
    const log = readFileSync(this.log, "utf8").trimEnd().split("\n").slice(-20).join("\n");
    return new Error(`host ${this.name} ${what}\n${log}\nall of it: ${this.log}`);
  }
}

/** @throws if the machine cannot boot hosts */
function checkMachine(): void {
  if (process.getuid?.() !== 0) throw new Error("only root can boot a host");
  const onPath = (program: string) => searchPath().some((directory) => existsSync(join(directory, program)));
  const missing = Object.keys(packageOf).filter((program) => !onPath(program));
  if (missing.length > 0)
    throw new Error(
      `a host needs ${missing.join(", ")}: apt-get install ${missing.map((one) => packageOf[one]).join(" ")}`,
    );
}

const searchPath = (): string[] => `${process.env.PATH}:${rootPath}`.split(":");

/** The machine's PID of the systemd below a process that is PID 1 of its namespace; 0 until there is one. */
function initBelow(pid: number | string): number {
  const status = read(`/proc/${pid}/status`);
  if (/^Name:\tsystemd$/m.test(status) && /^NSpid:.*\t1$/m.test(status)) return Number(pid);
  const children = read(`/proc/${pid}/task/${pid}/children`).trim();
  return children === "" ? 0 : Math.max(...children.split(" ").map(initBelow));
}

/** Content of a file in /proc; empty if the process has ended. */
function read(file: string): string {
  try {
    return readFileSync(file, "utf8");
  } catch {
    return "";
  }
}
