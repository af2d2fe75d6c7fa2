import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import type { Socket } from "node:net";
import { join } from "node:path";
import { createInterface } from "node:readline";
import type { Readable, Writable } from "node:stream";
import { doorDirectories, fixedFiles } from "../../../class/door/door-files.ts";
import { type ConfinedFile, confining, fileMessage, sendFiles } from "../../../provision/host/confined/confined.ts";
import { labEnvironment } from "../../../provision/host/machine/namespaces.ts";
import { lastDescendant } from "../../../provision/host/machine/processes.ts";
import { commandIn, userland } from "../../../provision/host/userland/userland.ts";
import { lastWords } from "../../../provision/last-words.ts";

/** What sshd and the door's first process may do, by their names in setpriv(1) and their numbers in linux/capability.h. */
const capabilities = {
  chown: 0,
  dac_override: 1,
  fowner: 3,
  kill: 5,
  setgid: 6,
  setuid: 7,
  net_bind_service: 10,
  sys_chroot: 18,
};

const inside = (name: string): string => readFileSync(join(import.meta.dirname, "inside", name), "utf8");

/**
 * The place in which a class's sshd runs: namespaces of its own, with a root file system of sshd, perl and a few files. There is no shell in it, and no
 * file of this machine. All of it ends with this process.
 */
export class DoorNamespace {
  readonly #child: ChildProcess;
  /** Its first process, on this machine. */
  readonly #pid: number;
  /** Answers that are waited for, by their words. */
  readonly #answers = new Map<string, () => void>();
  #asked = 0;

  private constructor(child: ChildProcess, pid: number) {
    this.#child = child;
    this.#pid = pid;
  }

  /**
   * @param sockets directories of sockets on this machine: that of students' sessions, and those of the addresses of servers
   * @throws Error with what it said if it does not start
   */
  static async open({ broker, relays }: { broker: string; relays: string }, hostKey: string): Promise<DoorNamespace> {
    const command = confining(
      {
        newNetwork: true,
        hostname: "door",
        capabilities: Object.values(capabilities),
        reads: ["/usr/sbin/sshd", "/usr/bin/perl", "/usr/bin/setpriv", "/usr/lib/x86_64-linux-gnu", "/usr/lib64"],
        directories: doorDirectories,
        binds: [
          { from: broker, to: "/run/broker" },
          { from: relays, to: "/run/door/relays" },
        ],
        limits: { 4: 0 },
      },
      ["/usr/local/sbin/init"],
    );
    const [file = "", ...args] = commandIn(await userland(), command, [{ from: broker }, { from: relays }]);
    const child = spawn(file, args, { stdio: "pipe", env: labEnvironment() });
    const said = lastWords(child.stderr);
    const started = once(child, "spawn");
    sendFiles(child, fixedFiles({ session: inside("session.pl"), init: inside("init.pl") }, hostKey));
    const failed = once(child, "close").then(([code]) => {
      throw new Error(`the door's namespaces did not come about (status ${code}): ${said().trim()}`);
    });
    failed.catch(() => {});
    await started;
    const answers = new Map<string, () => void>();
    const lines = createInterface({ input: child.stdout as Readable });
    const ready = new Promise<void>((resolve) => answers.set("DONE ready", resolve));
    lines.on("line", (line) => answers.get(line)?.());
    (child.stdin as Writable).write("DONE ready\n");
    await Promise.race([ready, failed]);
    const pid = lastDescendant(child.pid as number);
    if (pid === undefined) throw new Error("the door's first process is not to be found in /proc");
    const door = new DoorNamespace(child, pid);
    lines.on("line", (line) => {
      door.#answers.get(line)?.();
      door.#answers.delete(line);
    });
    return door;
  }

  /** Resolves when it has ended. */
  get ended(): Promise<unknown> {
    return this.#child.exitCode !== null || this.#child.signalCode !== null
      ? Promise.resolve()
      : once(this.#child, "close");
  }

  /** Writes files and removes others. Returns when connections that come from then on see it. */
  async change(files: readonly ConfinedFile[], gone: readonly string[]): Promise<void> {
    const word = `change${++this.#asked}`;
    const done = new Promise<void>((resolve) => this.#answers.set(`DONE ${word}`, resolve));
    const messages = [
      ...gone.map((path) => Buffer.from(`GONE ${path}\n`)),
      ...files.map((one) => Buffer.concat([Buffer.from("FILE "), fileMessage(one)])),
      Buffer.from(`DONE ${word}\n`),
    ];
    (this.#child.stdin as Writable).write(Buffer.concat(messages));
    await Promise.race([done, this.ended]);
  }

  /**
   * An sshd for one connection, which has the connection itself: so it knows and logs where that comes from. It ends with the connection, or when the
   * child is killed.
   */
  serve(connection: Socket): ChildProcess {
    const namespaces = ["--user", "--mount", "--pid", "--net", "--ipc", "--uts"];
    const bounds = ["-all", ...Object.keys(capabilities).map((name) => `+${name}`)].join(",");
    const limit = ["/usr/bin/setpriv", "--pdeathsig", "KILL", "--no-new-privs", "--bounding-set", bounds];
    const sshd = ["/usr/sbin/sshd", "-i", "-e", "-f", "/etc/ssh/sshd_config"];
    return spawn("nsenter", ["--target", String(this.#pid), ...namespaces, "--", ...limit, ...sshd], {
      stdio: [connection, connection, "pipe"],
      env: labEnvironment({ TERM: undefined }),
    });
  }

  async close(): Promise<void> {
    const { ended } = this;
    this.#child.kill("SIGKILL");
    await ended;
  }
}
