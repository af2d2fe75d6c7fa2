import { type ChildProcess, spawn } from "node:child_process";
import { randomUUID } from "node:crypto";
import { lstat, mkdir, readdir, readFile, rename, rm, statfs, writeFile } from "node:fs/promises";
import { basename, dirname, join } from "node:path";

/**
 * The lab's directory on the lab host's machine: disks, snapshots, logs, files of what runs in the lab. Paths are absolute; commands on the lab
 * host find the same files under them.
 */
export interface LabFiles {
  /** The directory. */
  readonly place: string;
  /** A file's text; undefined if it is missing. */
  read(path: string): Promise<string | undefined>;
  /** Writes a file atomically, readable by its owner only, and the folders above it. */
  write(path: string, text: string): Promise<void>;
  /** Removes a file, or a folder with its contents; a missing one is no error. */
  remove(path: string): Promise<void>;
  /** What is in a folder; nothing if it is missing. */
  list(path: string): Promise<{ readonly name: string; readonly bytes: number }[]>;
  /** Starts tail(1) with these arguments, at the caller's terminal. */
  tail(words: readonly string[]): ChildProcess;
  /** Free bytes of the directory's file system. */
  free(): Promise<number>;
}

/** The files of a lab directory on this machine. */
export const localFiles = (place: string): LabFiles => ({
  place,
  read: (path) =>
    readFile(path, "utf8").catch((error: NodeJS.ErrnoException) => {
      if (error.code === "ENOENT") return undefined;
      throw error;
    }),
  async write(path, text) {
    await mkdir(dirname(path), { recursive: true, mode: 0o700 });
    const made = join(dirname(path), `.${basename(path)}.${randomUUID()}.new`);
    await writeFile(made, text, { mode: 0o600 });
    await rename(made, path);
  },
  remove: (path) => rm(path, { recursive: true, force: true }),
  list: async (path) =>
    await Promise.all(
      (await readdir(path).catch(() => [])).map(async (name) => ({
        name,
        bytes: (await lstat(join(path, name))).size,
      })),
    ),
  tail: (words) => spawn("tail", words, { stdio: "inherit" }),
  async free() {
    const { bavail, bsize } = await statfs(place);
    return bavail * bsize;
  },
});
