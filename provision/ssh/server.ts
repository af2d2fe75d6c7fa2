import { appendFile, mkdir } from "node:fs/promises";
import { dirname, join } from "node:path";
import type { NodeSSH } from "node-ssh";
import { z } from "zod";
import { LabHostDownError, labHostRef, openHost } from "../host/reach.ts";
import { domainState } from "../host/virsh.ts";
import { osNames } from "../os.ts";
import { until } from "../until.ts";
import { bashQuote } from "./bash-quote.ts";
import { NotRunningError, RemoteCommandError, UnreachableError } from "./errors.ts";
import { masked } from "./masked.ts";
import type { CommandResult } from "./result.ts";
import { parseSections, type Section, sectionScript } from "./sections.ts";

/** How a server is reached: everything that a connection needs, so that no role knows where its server runs. */
export const serverRef = z.object({
  host: labHostRef,
  name: z.string(),
  /** The family of its operating system. References that an earlier version recorded have none. */
  os: z.enum(osNames).default("debian"),
  /** IPv4 address inside the lab. */
  address: z.ipv4(),
  /** The server's public host key, `ssh-ed25519 AAAA…`: known before the first connection, so there is no trust on first use. */
  hostKey: z.string(),
  /** The lab's private key, OpenSSH form. */
  privateKey: z.string(),
  /** Changes when the machine is another one (its libvirt domain's id): then everything on it has to be made anew. */
  instance: z.string(),
  /** Under emulation (`qemu`) everything takes about ten times as long as under KVM, and so do deadlines. */
  acceleration: z.enum(["kvm", "qemu"]),
});
export type ServerRef = z.output<typeof serverRef>;

export interface RunOptions {
  /** Sent to the command's standard input. */
  readonly stdin?: string;
  /** Neither input nor output goes to the transcript. */
  readonly confidential?: boolean;
}

/** libvirt's words for a server that answers nobody: virsh(1), domstate. One that reboots is `running`, one that is about to end `in shutdown`. */
const OFF = ["shut off", "crashed", "paused", "pmsuspended"];

/** An error if a server that did not answer cannot: it does not run. */
async function whetherOff({ host, name, address }: ServerRef, last?: unknown): Promise<Error | undefined> {
  if (last instanceof LabHostDownError) return new NotRunningError(name, address, last.message, last);
  // A libvirt that does not answer is no reason to give up.
  const state = await domainState(openHost(host), name).catch(() => "unknown");
  if (state === undefined) return new NotRunningError(name, address, "libvirt does not know it", last);
  return OFF.includes(state) ? new NotRunningError(name, address, `it is ${state}`, last) : undefined;
}

/** A deadline in seconds, for a machine that is this fast. */
export const patience = (server: Pick<ServerRef, "acceleration">, seconds: number): number =>
  server.acceleration === "kvm" ? seconds : seconds * 10;

/**
 * One server over one SSH connection, kept for the whole run. Commands are built by the tagged template `run`, which quotes
 * every value for bash (arrays become several words), so nothing that comes from a lab file is ever read as shell syntax.
 */
export class ServerConnection {
  readonly ref: ServerRef;
  readonly transcript: string;
  readonly #ssh: NodeSSH;

  private constructor(ref: ServerRef, ssh: NodeSSH) {
    this.ref = ref;
    this.#ssh = ssh;
    this.transcript = join(ref.host.directory, "transcripts", `${ref.name}.log`);
  }

  /** Connects, trying until the server accepts the lab's key or `seconds` have passed. */
  static async connect(ref: ServerRef, seconds: number): Promise<ServerConnection> {
    const host = openHost(ref.host);
    const expected = ref.hostKey.split(" ")[1];
    // Asked first: an attempt at a server that is off ends when ARP gives up, after three seconds.
    const off = await whetherOff(ref);
    if (off) throw off;
    const ssh = await until(
      async () => {
        const client = new (await import("node-ssh")).NodeSSH();
        await client.connect({
          sock: host.connect(ref.address, 22) as never,
          host: ref.name,
          username: "root",
          privateKey: ref.privateKey,
          readyTimeout: patience(ref, 3) * 1000,
          keepaliveInterval: 10_000, // a server that is gone is noticed after four of them
          // ssh2 hands over the raw key blob; its base64 is the second word of a public key line.
          hostVerifier: (key: Buffer) => key.toString("base64") === expected,
          algorithms: { kex: ["curve25519-sha256"], serverHostKey: ["ssh-ed25519"] },
        });
        // An error that nobody hears would end this process; the commands under way end with the connection, and say so.
        client.connection?.on("error", () => {});
        return client;
      },
      {
        ...{ seconds, everyMs: 150, failed: (last) => new UnreachableError(ref.name, ref.address, seconds, last) },
        hopeless: (last) => whetherOff(ref, last),
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

  /** Runs a command and gives its output; any other exit status than 0 is a `RemoteCommandError`. */
  async run(pieces: TemplateStringsArray, ...values: Word[]): Promise<string> {
    return await this.script(command(pieces, ...values));
  }

  /** Runs a command whose exit status is an answer, not a failure. */
  async try(pieces: TemplateStringsArray, ...values: Word[]): Promise<CommandResult> {
    return await this.execute(command(pieces, ...values));
  }

  /**
   * Runs a script made by `command` (or a constant one). When it has ended, what it wrote is on the server's disk: a power cut right after
   * takes nothing back that was reported as done.
   */
  async script(text: string, options: RunOptions = {}): Promise<string> {
    const result = await this.execute(text, options, "\nstatus=$?; sync; exit $status");
    if (result.code !== 0) throw this.#failure(text, result, options.confidential);
    return result.stdout;
  }

  /** Looks at many things in one round trip: each command's output and exit status, by name. */
  async look<K extends string>(
    commands: Readonly<Record<K, string>>,
    { confidential }: RunOptions = {},
  ): Promise<Record<K, Section>> {
    const result = await this.#exec(sectionScript(commands));
    // Whatever the commands' statuses are, the script's own is 0 unless it was cut off.
    if (result.code !== 0) throw this.#failure(Object.values(commands).join("\n"), result, confidential);
    const sections = parseSections(Object.keys(commands) as K[], result.stdout);
    if (!confidential)
      for (const [name, text] of Object.entries<string>(commands)) {
        const { text: output, code } = sections[name as K];
        await this.#record(text, { stdout: output, stderr: "", code, signal: null, ms: result.ms });
      }
    return sections;
  }

  /** Writes a file whole: a reader sees the old content or the new, never half of it. `mode` is octal, as chmod takes it. */
  async write(file: { path: string; content: string; mode?: string; confidential?: boolean }): Promise<void> {
    const { path, content, mode = "0644", confidential } = file;
    const directory = dirname(path);
    await this.script(
      command`mkdir -p ${directory} && umask 077 && cat > ${`${path}.new`} && chmod ${mode} ${`${path}.new`} && mv ${`${path}.new`} ${path}`,
      { stdin: content, confidential },
    );
  }

  /** @param then a further command, which is no part of what is shown */
  async execute(text: string, { stdin, confidential }: RunOptions = {}, then = ""): Promise<CommandResult> {
    const result = await this.#exec(text + then, stdin);
    if (confidential) await this.#record("(confidential)", { ...result, stdout: "", stderr: "" });
    else await this.#record(text, result, stdin);
    // Without a status it has not run to its end, and what it printed is no answer.
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
    // node-ssh decodes packet by packet, and so breaks a character that two packets share: here the whole is decoded.
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

  /** Appends a command to the server's transcript, so that a student can read what was done and do it by hand. */
  async #record(text: string, { stdout, stderr, code, signal, ms }: CommandResult, stdin = ""): Promise<void> {
    const status = code === 0 ? "" : `(status ${code ?? signal ?? "unknown: the connection ended"})\n`;
    const lines = [...marked(text, "$ "), ...marked(stdin, "< "), ...marked(stdout, "  "), ...marked(stderr, "! ")];
    await appendFile(this.transcript, masked(`# ${new Date().toISOString()}, ${ms} ms\n${lines.join("")}${status}`));
  }
}

export type Word = string | number | readonly (string | number)[];

/** A bash command from a template: every value quoted, an array as several words. */
export function command(pieces: TemplateStringsArray, ...values: Word[]): string {
  const word = (value: Word): string =>
    Array.isArray(value) ? value.map(String).map(bashQuote).join(" ") : bashQuote(String(value));
  return String.raw({ raw: pieces }, ...values.map(word));
}

/** The command that writes a small file whole, for scripts that do more than that in one round trip. */
export const writing = (path: string, content: string): string =>
  command`printf %s ${content} >${`${path}.new`} && mv ${`${path}.new`} ${path}`;

const marked = (text: string, mark: string): string[] =>
  text === ""
    ? []
    : text
        .trimEnd()
        .split("\n")
        .map((line) => `${mark}${line}\n`);
