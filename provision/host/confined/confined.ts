import type { ChildProcess } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";

/** The script that confines; it has comments for the rest. */
const script = readFileSync(join(import.meta.dirname, "confine.pl"), "utf8");

/** What a confined program has of the userland that it comes from, and of the machine. Paths are absolute. */
export interface Confinement {
  /** A network namespace of its own with a loopback; otherwise it stays in that of the caller. */
  readonly newNetwork?: boolean;
  /** Whether it may send ICMP echo requests: this changes a setting of the network namespace that it stays in. */
  readonly ping?: boolean;
  /** Its user, of those inside (0 to 4095), with no capability. Not there: root of its namespace. */
  readonly user?: number;
  /** Its capabilities as root, by the numbers of linux/capability.h. */
  readonly capabilities?: readonly number[];
  /** Paths of the userland that it can read and run programs of. What is not there is left out. */
  readonly reads?: readonly string[];
  /** Directories whose files it can read, and to whose sockets it can connect. */
  readonly binds?: readonly { readonly from: string; readonly to: string }[];
  /** Empty directories with an octal mode, of a user. Made in this order. */
  readonly directories?: readonly { readonly path: string; readonly mode: string; readonly user: number }[];
  /** Directories that anybody in it may write to, 32 MiB each. */
  readonly rooms?: readonly string[];
  /** Limits by the numbers of asm-generic/resource.h: setrlimit(2). */
  readonly limits?: Readonly<Record<number, number>>;
  readonly hostname?: string;
}

/** A file for a confined program. */
export interface ConfinedFile {
  readonly path: string;
  /** Octal. */
  readonly mode: string;
  /** Its owner, of those inside. */
  readonly user: number;
  readonly text: string;
}

/**
 * The command line that runs a program confined: in user, mount, PID, IPC and UTS namespaces of its own, as users that own nothing on the machine,
 * with a root file system that has nothing but what is named. Run it in the userland as root, with a pipe as standard input: see `sendFiles`.
 */
export function confining(confinement: Confinement, command: readonly string[]): string[] {
  const { newNetwork, ping, user, hostname, capabilities = [], reads = [], binds = [] } = confinement;
  const { directories = [], rooms = [], limits = {} } = confinement;
  return [
    ...["perl", "-e", script, "--"],
    ...(newNetwork ? ["--new-network"] : []),
    ...(ping ? ["--ping"] : []),
    ...(user === undefined ? [] : ["--user", String(user)]),
    ...(hostname === undefined ? [] : ["--name", hostname]),
    ...capabilities.flatMap((number) => ["--keep", String(number)]),
    ...Object.entries(limits).flatMap(([number, value]) => ["--limit", number, String(value)]),
    ...directories.flatMap(({ path, mode, user: owner }) => ["--dir", `${mode}:${owner}`, path]),
    ...rooms.flatMap((path) => ["--room", path]),
    ...reads.flatMap((path) => ["--read", path]),
    ...binds.flatMap(({ from, to }) => ["--from", from, to]),
    ...["--", ...command],
  ];
}

/** A file as the confined side reads it: a line `MODE USER BYTES PATH`, and its bytes. @throws Error if the path has blanks */
export function fileMessage({ path, mode, user, text }: ConfinedFile): Buffer {
  if (!/^\/\S+$/.test(path)) throw new Error(`a confined program can have no file ${JSON.stringify(path)}`);
  const bytes = Buffer.from(text);
  return Buffer.concat([Buffer.from(`${mode} ${user} ${bytes.length} ${path}\n`), bytes]);
}

/** Gives a program that `confining` starts its files, by standard input. It starts when it has all of them, and has what is written after them. */
export function sendFiles({ stdin }: ChildProcess, files: readonly ConfinedFile[]): void {
  stdin?.on("error", () => {}); // EPIPE: the program has ended, as its `close` event tells
  stdin?.write(Buffer.concat([...files.map(fileMessage), Buffer.from("\n")]));
}
