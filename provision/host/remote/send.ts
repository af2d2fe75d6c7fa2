import { spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { once } from "node:events";
import { lstat } from "node:fs/promises";
import { hostname } from "node:os";
import { join } from "node:path";
import type { Readable, Writable } from "node:stream";
import { withLock } from "../../../setup/lock.mjs";
import { lastWords } from "../../last-words.ts";
import { cacheRoot } from "../../paths.ts";
import type { BuildOptions } from "../build.ts";
import { totalOfFiles } from "../manifest.ts";
import { connectionError, lacking, MachineError } from "./errors.ts";
import { SSH_FAILED, type SshLink } from "./ssh-link.ts";

/** What is sent, and where to. */
export interface Parcel {
  /** A folder of this machine, and the name of a file or directory in it. */
  readonly folder: string;
  readonly name: string;
  /** The folder over there, and the name of the directory that it becomes there. */
  readonly to: string;
  readonly as: string;
  /** Of a file: its name in that directory. */
  readonly file?: string;
  /** For messages. */
  readonly what: string;
}

/** It is unpacked beside its place and then renamed: what is at its place is whole. What a broken connection left goes with the next attempt. */
const UNPACK = `set -e
to=$1 name=$2 as=$3 file=$4 scratch=$1/.sending.$5
rm -rf "$scratch"
mkdir -p "$scratch"
tar -C "$scratch" -x -p --no-same-owner -f -
if [ -n "$file" ]; then mkdir "$scratch/.made" && mv "$scratch/$name" "$scratch/.made/$file" && mv -T "$scratch/.made" "$scratch/$as"
elif [ "$name" != "$as" ]; then mv -T "$scratch/$name" "$scratch/$as"; fi
sync -f "$scratch"
mv -T "$scratch/$as" "$to/$as" 2>/dev/null || [ -e "$to/$as" ]
rm -rf "$scratch"`;

const MIB = 2 ** 20;
/** Room beside it: a lab's own files. */
const SPARE_BYTES = 256 * MIB;
const TELL_EVERY_MS = 1000;

/**
 * Sends a directory, as a stream of tar(1). Of processes of this machine one sends and the others wait.
 * @throws MachineError if there is no room, or the connection breaks; nothing then counts as sent
 */
export async function send(link: SshLink, parcel: Parcel, onProgress?: BuildOptions["onProgress"]): Promise<void> {
  const { what, to, as } = parcel;
  const key = createHash("sha256").update(`${link.machine} ${to}/${as}`).digest("hex").slice(0, 16);
  await withLock(
    join(cacheRoot(), "locks", `send-${key}`),
    async () => {
      const there = await link.sh('if [ -e "$1" ]; then echo yes; fi', [join(to, as)]);
      if (there.trim() !== "yes") await sendNow(link, parcel, onProgress);
    },
    { onWait: () => onProgress?.(`waiting for another process that sends ${what} to ${link.machine}`) },
  );
}

async function sendNow(link: SshLink, parcel: Parcel, onProgress: BuildOptions["onProgress"]): Promise<void> {
  const { folder, name, to, as, file = "", what } = parcel;
  const bytes = await sizeOf(join(folder, name));
  await mustHaveRoom(link, { to, bytes, what });
  const sender = createHash("sha256").update(`${hostname()} ${cacheRoot()} ${as}`).digest("hex").slice(0, 12);
  const tar = spawn("tar", ["-C", folder, "-c", "-f", "-", "--", name], { stdio: ["ignore", "pipe", "inherit"] });
  const child = link.spawn(["sh", "-c", UNPACK, "sh", to, name, as, file, sender], {
    stdio: ["pipe", "ignore", "pipe"],
  });
  const said = lastWords(child.stderr);
  const [from, into] = [tar.stdout as Readable, child.stdin as Writable];
  into.on("error", () => void tar.kill()); // its end says why
  let [sent, told] = [0, 0];
  from.on("data", (chunk: Buffer) => {
    sent += chunk.length;
    if (performance.now() - told < TELL_EVERY_MS) return;
    told = performance.now();
    onProgress?.(`sending ${what} to ${link.machine}: ${Math.round(sent / MIB)} of ${Math.round(bytes / MIB)} MiB`);
  });
  from.pipe(into);
  const packed = once(tar, "close") as Promise<[number | null]>;
  const [status] = (await once(child, "close")) as [number | null];
  if (status === SSH_FAILED || status === null) throw connectionError(link.machine, said());
  if (status !== 0)
    throw new MachineError(
      `${what} could not be unpacked on ${link.machine}: ${said().trim()}. Fix: see that its disk is not full, and run the command again.`,
    );
  const [packedStatus] = await packed;
  if (packedStatus !== 0) throw new Error(`tar could not read ${join(folder, name)}: status ${packedStatus}`);
}

async function mustHaveRoom(
  link: SshLink,
  { to, bytes, what }: { to: string; bytes: number; what: string },
): Promise<void> {
  const free = 1024 * Number((await link.sh('mkdir -p "$1" && df -Pk "$1" | tail -n 1', [to])).trim().split(/\s+/)[3]);
  if (free >= bytes + SPARE_BYTES) return;
  const [wanted, there] = [bytes + SPARE_BYTES, free].map((one) => Math.round(one / MIB));
  throw lacking(
    link.machine,
    `${what} needs ${wanted} MiB of disk in ${to}, and ${there} MiB are free`,
    "free disk space, or set LVS_LAB_CACHE in that user's environment to a directory with more room",
  );
}

/** Bytes of a file, or of all files below a directory. */
async function sizeOf(path: string): Promise<number> {
  const one = await lstat(path);
  return one.isDirectory() ? (totalOfFiles(path).bytes ?? 0) : one.size;
}
