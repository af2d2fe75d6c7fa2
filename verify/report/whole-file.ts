import { existsSync } from "node:fs";
import { open, readdir, rename, rm } from "node:fs/promises";
import { basename, dirname, join } from "node:path";

let written = 0;

/**
 * Writes a file so that it is complete or absent, even if the process is killed, and whoever writes it at the same time: aside, under a name of this
 * process's own, synced to disk, and renamed. The next write removes what a killed process has left aside.
 * @param mode its permissions if it is new, by default those that everybody may read it by
 */
export async function writeWhole(
  path: string,
  content: string | Uint8Array,
  { mode = 0o666 }: { readonly mode?: number } = {},
): Promise<void> {
  const aside = `${path}.${process.pid}-${written++}.part`;
  try {
    await removeLeft(path);
    const file = await open(aside, "w", mode);
    try {
      await file.writeFile(content);
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(aside, path);
  } catch (cause) {
    await rm(aside, { force: true });
    throw new Error(`cannot write ${path}: give a directory that can be written, with room on its disk`, { cause });
  }
}

/** Removes what processes that have ended left beside a file. */
async function removeLeft(path: string): Promise<void> {
  for (const name of await readdir(dirname(path))) {
    const [, pid] = name.startsWith(`${basename(path)}.`) ? (/\.(\d+)-\d+\.part$/.exec(name) ?? []) : [];
    if (pid && !existsSync(`/proc/${pid}`)) await rm(join(dirname(path), name), { force: true });
  }
}
