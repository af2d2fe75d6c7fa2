import { type ChildProcess, type SpawnOptions, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, statSync } from "node:fs";
import { mkdir, open, readFile, rm } from "node:fs/promises";
import { join } from "node:path";
import { withLock } from "../../../setup/lock.mjs";
import { SOCKET_PATH_BYTES } from "../../paths.ts";
import { posixQuote } from "../../posix-quote.ts";
import type { Ended } from "../command.ts";
import { connectionError, MachineError } from "./errors.ts";

/** The status of ssh(1) when it could not connect, its connection broke, or a signal ended the command there. */
export const SSH_FAILED = 255;

/** What a master adds to its socket's path while it makes it: a dot and sixteen letters. */
const CONTROL_SUFFIX_BYTES = 17;

/** The user's own configuration holds, without what is meant for a person at a terminal. A dead connection is noticed within 15 s. */
const settings: Readonly<Record<string, string>> = {
  BatchMode: "yes",
  ConnectTimeout: "10",
  ServerAliveInterval: "5",
  ServerAliveCountMax: "3",
  LogLevel: "ERROR",
  PermitLocalCommand: "no",
  RemoteCommand: "none",
  ForwardAgent: "no",
  ForwardX11: "no",
};

const asOptions = (given: Readonly<Record<string, string>>): string[] =>
  Object.entries(given).flatMap(([name, value]) => ["-o", `${name}=${value}`]);

/** A Unix socket of this machine that leads to one over there. */
export interface Forward {
  readonly here: string;
  readonly there: string;
}

const localForward = ({ here, there }: Forward): string[] => ["-L", `${here}:${there}`];

export interface RunThereOptions {
  readonly input?: string | Uint8Array;
}

/**
 * A lab's connection to another machine by the user's ssh(1): one master (ssh_config(5), ControlMaster) in the lab's directory, which all processes
 * share. It outlives them; the first who finds it broken makes it anew.
 */
export class SshLink {
  readonly machine: string;
  readonly #directory: string;
  readonly #forwards: readonly Forward[];
  #ensuring: Promise<void> | undefined;

  /** @param directory the lab's directory on this machine */
  constructor(machine: string, directory: string, forwards: readonly Forward[]) {
    this.machine = machine;
    this.#directory = directory;
    this.#forwards = forwards;
  }

  get #control(): string {
    return join(this.#directory, "ssh.sock");
  }

  /** The command line of ssh for a command there, of which all words are quoted. Without a master it connects by itself. */
  words(command: readonly string[], { terminal = false }: { terminal?: boolean } = {}): string[] {
    const own = { ...settings, ControlMaster: "no", ClearAllForwardings: "yes" };
    const options = ["-S", this.#control, ...(terminal ? ["-tt"] : ["-T"]), ...asOptions(own)];
    return ["ssh", ...options, "--", this.machine, `exec ${command.map(posixQuote).join(" ")}`];
  }

  /** Starts a command there. Its standard input, output and error are the child's. */
  spawn(
    command: readonly string[],
    options: Pick<SpawnOptions, "stdio" | "detached" | "signal"> & { terminal?: boolean } = {},
  ): ChildProcess {
    const { terminal, ...rest } = options;
    const [file = "", ...args] = this.words(command, { terminal });
    if (!existsSync(this.#control)) void this.ensure().catch(() => {}); // it connects by itself meanwhile
    return spawn(file, args, rest);
  }

  /**
   * Runs a command there to its end.
   * @throws MachineError when the machine cannot be reached, or the connection broke
   */
  async run(command: readonly string[], { input }: RunThereOptions = {}): Promise<Ended> {
    await this.ensure();
    const child = this.spawn(command, { stdio: ["pipe", "pipe", "pipe"] });
    const output = { stdout: "", stderr: "" };
    for (const stream of ["stdout", "stderr"] as const)
      child[stream]?.setEncoding("utf8").on("data", (text: string) => {
        output[stream] += text;
      });
    child.stdin?.on("error", () => {});
    child.stdin?.end(input);
    const [code] = (await once(child, "close")) as [number | null];
    if (code === null || code === SSH_FAILED) throw connectionError(this.machine, output.stderr);
    return { ...output, status: code };
  }

  /** Runs a POSIX shell script there; returns its output. @throws MachineError with what it said, unless its status is 0 */
  async sh(script: string, args: readonly string[] = [], options: RunThereOptions = {}): Promise<string> {
    const { status, stdout, stderr } = await this.run(["sh", "-c", script, "sh", ...args], options);
    if (status === 0) return stdout;
    throw new MachineError(
      `a command on ${this.machine} ended with status ${status}: ${stderr.trim() || "it said nothing"}. Fix: see that the disk there is not full, and run the command again.`,
    );
  }

  /** Sees that the master runs, with its forwarded sockets. @throws MachineError */
  async ensure(): Promise<void> {
    this.#ensuring ??= this.#ensure().finally(() => {
      this.#ensuring = undefined;
    });
    await this.#ensuring;
  }

  async #ensure(): Promise<void> {
    if (await this.#serves()) return;
    await mkdir(join(this.#directory, "run"), { recursive: true, mode: 0o700 });
    await withLock(join(this.#directory, "ssh.lock"), async () => {
      if (await this.#serves()) return;
      if (await this.#answers()) await this.#cancelForwards();
      else {
        // Sockets outlive their master. Beside the next master they would pass for its own.
        for (const socket of [this.#control, ...this.#forwards.map(({ here }) => here)])
          await rm(socket, { force: true });
        await this.#start();
      }
      await this.#forward();
    });
  }

  /** Whether the master runs, and has forwarded the sockets: another process may have made it before it was known what is to be forwarded. */
  async #serves(): Promise<boolean> {
    return this.#forwards.every(({ here }) => existsSync(here)) && (await this.#answers());
  }

  /** Tells masters apart; undefined: there is none. */
  get master(): number | undefined {
    return statSync(this.#control, { throwIfNoEntry: false })?.ino;
  }

  /** Whether it is the master that still runs. */
  async still(master: number | undefined): Promise<boolean> {
    return master !== undefined && master === this.master && (await this.#answers());
  }

  /** Whether the master runs, by ssh's own question. */
  async #answers(): Promise<boolean> {
    if (!existsSync(this.#control)) return false;
    return (await this.#ask(["-O", "check"])) === 0;
  }

  async #start(): Promise<void> {
    const bytes = Buffer.byteLength(this.#control) + CONTROL_SUFFIX_BYTES;
    if (bytes > SOCKET_PATH_BYTES)
      throw new MachineError(
        `the lab's directory ${this.#directory} is too deep: ssh's socket in it would have a path of ${bytes} bytes; the limit is ` +
          `${SOCKET_PATH_BYTES}. Fix: set LVS_LAB_STATE to a shorter directory.`,
      );
    const said = join(this.#directory, "ssh.log");
    const log = await open(said, "w", 0o600);
    const own = { ...settings, ControlMaster: "yes", ControlPersist: "yes", ClearAllForwardings: "yes" };
    const options = [...asOptions(own), "-o", "StreamLocalBindUnlink=yes"];
    try {
      const child = spawn("ssh", ["-N", "-f", "-T", "-S", this.#control, ...options, "--", this.machine], {
        stdio: ["ignore", log.fd, log.fd],
        detached: true, // it survives Ctrl-C, and this process
      });
      const [status] = (await once(child, "exit").catch((cause) => {
        throw new MachineError(
          "there is no ssh. Fix: apt-get install openssh-client (Debian, Ubuntu), dnf install openssh-clients (Fedora)",
          {
            cause,
          },
        );
      })) as [number | null];
      if (status !== 0 || (await this.#ask(["-O", "check"])) !== 0)
        throw connectionError(this.machine, await readFile(said, "utf8"));
    } finally {
      await log.close();
    }
  }

  /** Of what a process has forwarded that was killed before it had forwarded all, ssh would not make the sockets anew. */
  async #cancelForwards(): Promise<void> {
    for (const forward of this.#forwards) {
      await this.#ask(["-O", "cancel", ...localForward(forward)]);
      await rm(forward.here, { force: true });
    }
  }

  /** The user's own configuration may ask for other forwardings, which may fail: then the sockets are there all the same. */
  async #forward(): Promise<void> {
    const given = this.#forwards.flatMap(localForward);
    if (given.length > 0) await this.#ask(["-O", "forward", ...given]);
    const missing = this.#forwards.find(({ here }) => !existsSync(here));
    if (missing)
      throw new MachineError(
        `ssh forwards no socket ${missing.here} to ${this.machine}. Fix: its sshd must allow AllowStreamLocalForwarding (sshd_config(5)).`,
      );
  }

  /** Ends the master, and with it all that runs there by it. */
  async end(): Promise<void> {
    if (existsSync(this.#control)) await this.#ask(["-O", "exit"]);
  }

  async #ask(options: readonly string[]): Promise<number | null> {
    const words = ["-S", this.#control, ...options, ...asOptions({ BatchMode: "yes", LogLevel: "QUIET" })];
    const child = spawn("ssh", [...words, "--", this.machine], { stdio: "ignore" });
    const [status] = (await once(child, "exit").catch(() => [SSH_FAILED])) as [number | null];
    return status;
  }
}
