import { appendFile, mkdir } from "node:fs/promises";
import { dirname, join } from "node:path";
import { setImmediate as nextTurn } from "node:timers/promises";
import type { NodeSSH } from "node-ssh";
import { z } from "zod";
import { defaultOs, guestOs, osWords } from "../../lab/index.ts";
import { LabHostDownError, labHostRef, openHost } from "../host/reach.ts";
import { domainState } from "../host/virsh.ts";
import { until } from "../until.ts";
import { bashQuote } from "./bash-quote.ts";
import { NotRunningError, RemoteCommandError, UnreachableError } from "./errors.ts";
import { masked } from "./masked.ts";
import type { CommandResult } from "./result.ts";
import { parseSections, type Section, sectionScript } from "./sections.ts";

/** How to reach a server: everything that a connection needs, so that roles do not depend on where a server runs. */
export const serverRef = z.object({
  host: labHostRef,
  name: z.string(),
  /** A row of provision/os.ts. References recorded by earlier versions have none, or `debian`. */
  os: z.enum(osWords).default(defaultOs).transform(guestOs),
  /** IPv4 address inside the lab. */
  address: z.ipv4(),
  /** The server's public host key, `ssh-ed25519 AAAA…`. Known before the first connection, so there is no trust on first use. */
  hostKey: z.string(),
  /** The lab's private key, OpenSSH form. */
  privateKey: z.string(),
  /** ID of the libvirt domain. A new ID means a new machine, on which everything must be created again. */
  instance: z.string(),
  /** Under emulation (`qemu`) everything takes about ten times as long as under KVM; deadlines scale with it. */
  acceleration: z.enum(["kvm", "qemu"]),
});
export type ServerRef = z.output<typeof serverRef> & {
  /** Whether commands go to the server's transcript; not there: they do. Not so for looks that repeat all day, which nobody would read. */
  readonly transcribed?: boolean;
};

export interface RunOptions {
  /** Sent to the command's standard input. */
  readonly stdin?: string;
  /** Keeps input and output out of the transcript. */
  readonly confidential?: boolean;
}

/**
 * libvirt's states of a domain that cannot answer: virsh(1), domstate. A rebooting domain is `running`, one that shuts down `in shutdown`.
 */
const OFF = ["shut off", "crashed", "paused", "pmsuspended"];

/** Returns an error if a server cannot answer because it does not run. */
async function whetherOff({ host, name, address }: ServerRef, last?: unknown): Promise<Error | undefined> {
  if (last instanceof LabHostDownError) return new NotRunningError(name, address, last.message, last);
  // If libvirt does not answer, keep trying.
  const state = await domainState(openHost(host), name).catch(() => "unknown");
  if (state === undefined) return new NotRunningError(name, address, "libvirt has no such domain", last);
  return OFF.includes(state) ? new NotRunningError(name, address, `it is ${state}`, last) : undefined;
}

/** Whether libvirt no longer has the machine, though another one may have its name. False where libvirt does not answer. */
export const isGone = async ({ host, instance }: Pick<ServerRef, "host" | "instance">): Promise<boolean> =>
  (await domainState(openHost(host), instance).catch(() => "unknown")) === undefined;

/** Scales a deadline in seconds to the machine's speed. */
export const patience = (server: Pick<ServerRef, "acceleration">, seconds: number): number =>
  server.acceleration === "kvm" ? seconds : seconds * 10;

/** How long a server may take from its start to a login, in seconds under KVM: see `patience`. */
export const BOOT_SECONDS = 18;

/** How long a login on a server that runs may take, in seconds under KVM: see `patience`. */
export const LOGIN_SECONDS = 3;

/** Looks that share a round trip: their commands, and the result of the one script of them. */
interface Looks {
  readonly texts: string[];
  readonly asked: Promise<CommandResult>;
}

/**
 * One server over one SSH connection, kept for the whole run. Commands come from the tagged template `run`, which quotes every value for
 * bash (arrays become several words). Text from a lab file is therefore never read as shell syntax.
 */
export class ServerConnection {
  readonly ref: ServerRef;
  readonly transcript: string;
  readonly #ssh: NodeSSH;
  #looks: Looks | undefined;

  private constructor(ref: ServerRef, ssh: NodeSSH) {
    this.ref = ref;
    this.#ssh = ssh;
    this.transcript = join(ref.host.directory, "transcripts", `${ref.name}.log`);
  }

  /**
   * Connects; retries until the server accepts the lab's key or `seconds` have passed.
   * @param off asked before each attempt, with the last one's error; an error of it ends the attempts. Default: libvirt, whether the domain runs
   * @throws UnreachableError, or the error of `off`
   */
  static async connect(
    ref: ServerRef,
    seconds: number,
    off: (ref: ServerRef, last?: unknown) => Promise<Error | undefined> = whetherOff,
  ): Promise<ServerConnection> {
    const host = openHost(ref.host);
    const expected = ref.hostKey.split(" ")[1];
    // Check this first: a connection attempt to a powered-off server fails only after ARP gives up, three seconds later.
    const end = await off(ref);
    if (end) throw end;
    const { NodeSSH } = await import("node-ssh");
    const ssh = await until(
      async () => {
        const client = new NodeSSH();
        await client.connect({
          sock: host.connect(ref.address, 22) as never,
          host: ref.name,
          username: "root",
          privateKey: ref.privateKey,
          readyTimeout: patience(ref, LOGIN_SECONDS) * 1000,
          keepaliveInterval: 10_000, // four missed replies end the connection
          // ssh2 hands over the raw key blob; its base64 is the second word of a public key line.
          hostVerifier: (key: Buffer) => key.toString("base64") === expected,
          algorithms: { kex: ["curve25519-sha256"], serverHostKey: ["ssh-ed25519"] },
        });
        // An unhandled error event would end this process. Running commands fail with the connection and report it.
        client.connection?.on("error", () => {});
        // node-ssh listens once for each command that runs, and many checks run side by side.
        client.connection?.setMaxListeners(0);
        return client;
      },
      {
        ...{ seconds, everyMs: 150, failed: (last) => new UnreachableError(ref.name, ref.address, seconds, last) },
        hopeless: (last) => off(ref, last),
      },
    );
    const server = new ServerConnection(ref, ssh);
    await mkdir(dirname(server.transcript), { recursive: true });
    return server;
  }

  get connected(): boolean {
    return this.#ssh.isConnected();
  }

  close(): void {
    this.#ssh.dispose();
  }

  /** Runs a command and returns its output. @throws RemoteCommandError for any exit status but 0 */
  async run(pieces: TemplateStringsArray, ...values: Word[]): Promise<string> {
    return await this.script(command(pieces, ...values));
  }

  /** Runs a command whose exit status is an answer, not a failure. */
  async try(pieces: TemplateStringsArray, ...values: Word[]): Promise<CommandResult> {
    return await this.execute(command(pieces, ...values));
  }

  /** Runs a script made by `command` (or a constant one), then `sync`: a power cut afterwards loses nothing that was reported as done. */
  async script(text: string, options: RunOptions = {}): Promise<string> {
    const result = await this.execute(text, options, "\nstatus=$?; sync; exit $status");
    if (result.code !== 0) throw this.#failure(text, result, options.confidential);
    return result.stdout;
  }

  /**
   * Runs several commands in one round trip. Returns each command's output and exit status, by name. Looks that are asked for at the same moment, as when a
   * connection comes about that several wait for, share the round trip: to open a channel costs an emulated guest more than most commands.
   */
  async look<K extends string>(
    commands: Readonly<Record<K, string>>,
    { confidential }: RunOptions = {},
  ): Promise<Record<K, Section>> {
    // An error repeats the output, so that what is confidential has a round trip of its own.
    const { texts, asked } = (confidential ? undefined : this.#looks) ?? this.#nextLooks(!confidential);
    const names = Object.keys(commands) as K[];
    const first = texts.push(...Object.values<string>(commands)) - names.length;
    const result = await asked;
    // The script's own status is 0, whatever its commands' statuses are, unless the connection ended early.
    if (result.code !== 0) throw this.#failure(Object.values(commands).join("\n"), result, confidential);
    const sections = parseSections(names, result.stdout, first);
    if (!confidential)
      for (const [name, text] of Object.entries<string>(commands)) {
        const { text: output, code } = sections[name as K];
        await this.#record(text, { stdout: output, stderr: "", code, signal: null, ms: result.ms });
      }
    return sections;
  }

  /** Looks that can be added to, if they are `shared`, until the next turn of the event loop. */
  #nextLooks(shared: boolean): Looks {
    const texts: string[] = [];
    const asked = nextTurn().then(async () => {
      if (shared) this.#looks = undefined;
      return await this.#exec(sectionScript(texts));
    });
    const looks = { texts, asked };
    if (shared) this.#looks = looks;
    return looks;
  }

  /** Writes a file atomically: a reader sees the old content or the new. `mode` is octal, as chmod takes it. */
  async write(file: { path: string; content: string; mode?: string; confidential?: boolean }): Promise<void> {
    const { path, content, mode = "0644", confidential } = file;
    const directory = dirname(path);
    await this.script(
      command`mkdir -p ${directory} && umask 077 && cat > ${`${path}.new`} && chmod ${mode} ${`${path}.new`} && mv ${`${path}.new`} ${path}`,
      { stdin: content, confidential },
    );
  }

  /** @param then a further command, left out of error texts and the transcript */
  async execute(text: string, { stdin, confidential }: RunOptions = {}, then = ""): Promise<CommandResult> {
    const result = await this.#exec(text + then, stdin);
    if (confidential) await this.#record("(confidential)", { ...result, stdout: "", stderr: "" });
    else await this.#record(text, result, stdin);
    // Without a status the command did not finish; its output is incomplete.
    if (result.code === null && result.signal === null) throw this.#failure(text, result, confidential);
    return result;
  }

  #failure(text: string, result: CommandResult, confidential = false): RemoteCommandError {
    const known = { ...result, stdout: masked(result.stdout), stderr: masked(result.stderr) };
    return confidential
      ? new RemoteCommandError(this.ref.name, "(confidential)", { ...result, stdout: "", stderr: "" }, this.transcript)
      : new RemoteCommandError(this.ref.name, masked(text), known, this.transcript);
  }

  async #exec(text: string, stdin = ""): Promise<CommandResult> {
    // node-ssh decodes each packet by itself, which breaks a character that spans two packets. Decode the complete output instead.
    const begun = performance.now();
    const stdout: Buffer[] = [];
    const stderr: Buffer[] = [];
    const { code, signal } = await this.#ssh.execCommand(text, {
      stdin,
      noTrim: true,
      onStdout: (chunk) => stdout.push(chunk),
      onStderr: (chunk) => stderr.push(chunk),
    });
    const ms = Math.round(performance.now() - begun);
    return { stdout: Buffer.concat(stdout).toString(), stderr: Buffer.concat(stderr).toString(), code, signal, ms };
  }

  /** Appends a command to the server's transcript, so that students can read what was done and repeat it by hand. */
  async #record(text: string, { stdout, stderr, code, signal, ms }: CommandResult, stdin = ""): Promise<void> {
    if (this.ref.transcribed === false) return;
    const status = code === 0 ? "" : `(status ${code ?? signal ?? "unknown: the connection closed"})\n`;
    const lines = [...marked(text, "$ "), ...marked(stdin, "< "), ...marked(stdout, "  "), ...marked(stderr, "! ")];
    await appendFile(this.transcript, masked(`# ${new Date().toISOString()}, ${ms} ms\n${lines.join("")}${status}`));
  }
}

export type Word = string | number | readonly (string | number)[];

/** A bash command from a template: quotes every value; an array becomes several words. */
export function command(pieces: TemplateStringsArray, ...values: Word[]): string {
  const word = (value: Word): string =>
    Array.isArray(value) ? value.map(String).map(bashQuote).join(" ") : bashQuote(String(value));
  return String.raw({ raw: pieces }, ...values.map(word));
}

/** Command that atomically writes a small file, for scripts that do more in the same round trip. `base64`: the content is its bytes in base64. */
export const writing = (path: string, content: string, { base64 = false } = {}): string =>
  [
    command`printf %s ${content}`,
    ...(base64 ? ["| base64 --decode"] : []),
    command`>${`${path}.new`} && mv ${`${path}.new`} ${path}`,
  ].join(" ");

const marked = (text: string, mark: string): string[] =>
  text === ""
    ? []
    : text
        .trimEnd()
        .split("\n")
        .map((line) => `${mark}${line}\n`);
