import { mkdir, readdir, readFile, rename, rm, statfs, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";

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
  /** The names in a folder; none if it is missing. */
  names(path: string): Promise<string[]>;
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
    const made = join(dirname(path), `.${process.pid}.new`);
    await writeFile(made, text, { mode: 0o600 });
    await rename(made, path);
  },
  remove: (path) => rm(path, { recursive: true, force: true }),
  names: (path) => readdir(path).catch(() => []),
  async free() {
    const { bavail, bsize } = await statfs(place);
    return bavail * bsize;
  },
});
