import type { ChildProcess } from "node:child_process";
import { randomUUID } from "node:crypto";
import { existsSync } from "node:fs";
import { rm } from "node:fs/promises";
import { createConnection } from "node:net";
import { hostname, userInfo } from "node:os";
import { join } from "node:path";
import { Duplex, PassThrough } from "node:stream";
import { until } from "../../until.ts";
import type { LabHost, LabSpawnOptions, ObservedHost } from "../access.ts";
import { LabHostDownError } from "../errors.ts";
import type { LabFiles } from "../files.ts";
import { labEnvironment, SYSTEM_PATH } from "../machine/namespaces.ts";
import type { HostClocks } from "../machine/wall-clock.ts";
import { answersLibvirt } from "../private/libvirt-ping.ts";
import { MARK } from "../private/private-host.ts";
import { describeUserland, userland, userlandStore } from "../userland/userland.ts";
import { connectionError, lacking, MachineError } from "./errors.ts";
import { remoteFiles } from "./remote-files.ts";
import { RemoteMachine, type RemotePlace } from "./remote-machine.ts";
import { SSH_FAILED } from "./ssh-link.ts";

/** The status of the script below when the lab host is down. */
const HOST_DOWN = 113;
const HOST_DOWN_TEXT = "lvs-lab: this lab host does not run";

/** Seconds for libvirtd's answer through the forwarded socket, once it answers over there. */
const ANSWER_SECONDS = 10;

/**
 * Enters a lab host, as PrivateHost does. Arguments: the lab's directory, the host's name, how the command goes on when the connection ends, the
 * namespaces, `--`, the command.
 *
 * sshd does not end what runs without a terminal: the kernel does, when the process of the connection ends. A change of user forgets that (prctl(2),
 * PR_SET_PDEATHSIG), so an ordinary user's namespace is entered first.
 */
const ENTER = `export PATH=${SYSTEM_PATH}
d=$1 at=$2 ending=$3
shift 3
pid=$(cat "$d/init.pid" 2>/dev/null) || pid=0
tr '\\0' '\\n' 2>/dev/null <"/proc/$pid/cmdline" | grep -qxF "$d/init.sh" || { echo ${HOST_DOWN_TEXT} >&2; exit ${HOST_DOWN}; }
if [ "$(id -u)" = 0 ]; then user=; else user="nsenter --target $pid --user --"; fi
case $ending in ends) ending="setpriv --pdeathsig KILL" ;; *) ending="setsid --wait" ;; esac
exec $user $ending nsenter --target "$pid" "--net=/proc/$pid/root$d/net/$at" "$@"`;

/** Joins standard input and output to a socket, on one line: it may become a ProxyCommand. Arguments: the socket, a first line for it. */
const CONNECT = [
  'const socket = require("node:net").connect(process.argv[1])',
  'socket.once("error", (error) => { console.error(error.message); process.exit(1) })',
  "socket.write(process.argv[2] + String.fromCharCode(10))",
  "process.stdin.pipe(socket).pipe(process.stdout)",
].join("; ");

/** Sends a signal to the processes that have a word in their environment. */
const SIGNAL = `for file in $(grep -lzxF -- "$1" /proc/[0-9]*/environ 2>/dev/null); do
  pid=\${file#/proc/}; kill "-$2" "\${pid%/environ}" 2>/dev/null
done; true`;

/** A lab host on another machine: the private kind, run by that machine's user over ssh. libvirt's socket and the relay's are forwarded to this one. */
export class RemoteHost implements LabHost {
  readonly directory: string;
  readonly isHere = false;
  readonly #at: RemotePlace;
  readonly #machine: RemoteMachine;
  /** By which master a command was started. */
  readonly #masters = new WeakMap<ChildProcess, number | undefined>();

  constructor(at: RemotePlace) {
    this.directory = at.directory;
    this.#at = at;
    this.#machine = machineOf(at);
  }

  get files(): LabFiles {
    return remoteFiles(this.#machine.link, this.#at.place);
  }

  get uri(): string {
    return `qemu+unix:///system?socket=${this.#socket}`;
  }

  /** Of this machine, forwarded. */
  get #socket(): string {
    return join(this.directory, "run/libvirt-sock");
  }

  async start({ packages, onProgress }: Parameters<LabHost["start"]>[0]): Promise<void> {
    await this.#machine.layDirectory();
    await this.#machine.prepare({ onProgress });
    await mustBeFit(this.#machine, onProgress);
    await userland({ onProgress });
    await this.#machine.provide(userlandStore(), describeUserland().key, { onProgress });
    const owner = `${userInfo().username}@${hostname()}`;
    await this.#machine.call("start", { place: this.#at.place, owner, packages }, { onProgress });
    await until(
      async () => {
        await this.#machine.link.ensure();
        if (!(await answersLibvirt(this.#socket))) throw new Error("no answer");
      },
      {
        ...{ seconds: ANSWER_SECONDS, everyMs: 200 },
        failed: () =>
          new MachineError(
            `libvirtd on ${this.#at.machine} does not answer through ${this.#socket}. Fix: see that its sshd allows AllowStreamLocalForwarding (sshd_config(5)), and run the command again.`,
          ),
      },
    );
  }

  async observe(): Promise<ObservedHost | undefined> {
    if (!existsSync(this.directory)) return undefined;
    const observed = await this.#machine.call("observe", { place: this.#at.place });
    if (!observed || !(await answersLibvirt(this.#socket))) return undefined;
    return observed;
  }

  async guests(): Promise<string[]> {
    if (!existsSync(this.directory)) return [];
    return await this.#machine.call("guests", { place: this.#at.place });
  }

  async destroy(): Promise<void> {
    if (existsSync(this.directory) && !existsSync(join(this.directory, MARK)))
      throw new Error(
        `${this.directory} is not a lab's directory: it has no file ${MARK}. Fix: look at its contents; if it is a lab's, remove it by hand.`,
      );
    await this.#machine.layDirectory();
    await this.#machine.call("destroy", { place: this.#at.place });
    await this.forget();
  }

  async forget(): Promise<void> {
    await this.#machine.link.end();
    await rm(this.directory, { recursive: true, force: true });
  }

  async attach(name: string, options: Parameters<LabHost["attach"]>[1]): Promise<void> {
    await this.#machine.call("attach", { place: this.#at.place, name, ...options });
  }

  async detach(name: string): Promise<void> {
    if (!existsSync(this.directory)) return;
    await this.#machine.call("detach", { place: this.#at.place, name });
  }

  connect(address: string, port: number): Duplex {
    const [readable, writable] = [new PassThrough(), new PassThrough()];
    const stream = Duplex.from({ readable, writable });
    const open = (again: boolean): void => {
      const socket = createConnection(this.#machine.relay);
      let connected = false;
      socket.once("connect", () => {
        connected = true;
        socket.write(`${address} ${port}\n`);
        writable.pipe(socket).pipe(readable);
      });
      socket.once("error", (error) => {
        // The master that made the socket may be gone.
        if (!connected && again)
          this.#machine.link.ensure().then(
            () => open(false),
            (cause) => stream.destroy(cause),
          );
        else stream.destroy(error);
      });
      stream.once("close", () => socket.destroy());
    };
    open(true);
    return stream;
  }

  async connectCommand(address: string, port: number): Promise<string[]> {
    await this.#machine.link.ensure();
    return [process.execPath, "-e", CONNECT, this.#machine.relay, `${address} ${port}`];
  }

  spawn(at: string, command: readonly string[], options: LabSpawnOptions = {}): ChildProcess {
    const { programs = "userland", direct = programs === "machine", env, stdio, detached, signal } = options;
    if (!existsSync(this.directory)) throw new LabHostDownError(this.directory);
    if (Array.isArray(stdio) && stdio.length > 3)
      throw new MachineError(
        `a command on ${this.#at.machine} has no more than standard input, output and error. Fix: for this, take the lab down, and bring it up on this machine: \`pulumi config set host private\`.`,
      );
    const mark = `LVS_LAB_CHILD=${randomUUID()}`;
    const environment = Object.entries(labEnvironment(env)).map(([name, value]) => `${name}=${value}`);
    const words = [
      ...["sh", "-c", ENTER, "sh", this.#at.place, at, detached && !direct ? "stays" : "ends"],
      ...(programs === "userland" ? ["--mount"] : []),
      ...(direct ? [] : ["--pid"]),
      ...["--", ...(direct ? [] : ["setpriv", "--pdeathsig", "KILL"])],
      ...["env", "-i", ...environment, mark, ...command],
    ];
    const terminal = stdio === "inherit" && process.stdin.isTTY === true && process.stdout.isTTY === true;
    const child = this.#machine.link.spawn(words, { stdio, detached, signal, terminal });
    this.#masters.set(child, this.#machine.link.master);
    const end = child.kill.bind(child);
    child.kill = (name = "SIGTERM") => {
      const number = String(name).replace(/^SIG/, "");
      void this.#machine.link.run(["sh", "-c", SIGNAL, "sh", mark, number]).catch(() => {});
      // A command that heeds the signal ends by itself, and ssh with it.
      return name === "SIGKILL" || name === 9 ? end("SIGKILL") : true;
    };
    return child;
  }

  /** ssh's own status is also that of a command that a signal ended: then the master is still the one that it was started by. */
  async failureOf(
    child: ChildProcess,
    { status, stderr }: { status: number; stderr: string },
  ): Promise<Error | undefined> {
    if (status === HOST_DOWN && stderr.includes(HOST_DOWN_TEXT)) return new LabHostDownError(this.directory);
    if (status !== SSH_FAILED || (await this.#machine.link.still(this.#masters.get(child)))) return undefined;
    return connectionError(this.#at.machine, stderr);
  }

  async node(script: string, ...args: readonly string[]): Promise<string[]> {
    const { node } = await this.#machine.prepare();
    return [node, await this.#machine.there(script), ...args];
  }

  async clocks(): Promise<HostClocks> {
    return await this.#machine.clocks();
  }
}

const machines = new Map<string, RemoteMachine>();

/** One for each lab in a process: what is known of the machine is asked once. */
export function machineOf(at: RemotePlace): RemoteMachine {
  const key = JSON.stringify([at.machine, at.directory, at.place]);
  const machine = machines.get(key) ?? new RemoteMachine(at);
  machines.set(key, machine);
  return machine;
}

/** @throws MachineError with the first thing that the machine lacks */
export async function mustBeFit(machine: RemoteMachine, onProgress?: (message: string) => void): Promise<void> {
  for (const { level, problem, fix } of await machine.call("findings", {})) {
    if (level === "error") throw lacking(machine.name, problem, fix);
    onProgress?.(`${machine.name}: ${problem} Fix, on that machine: ${fix}`);
  }
}
