import { existsSync } from "node:fs";
import { open, readdir, rename, rm } from "node:fs/promises";
import { basename, dirname, join } from "node:path";

let written = 0;

/**
 * Writes a file atomically: a reader sees the old content or the new, even if this process is killed or another one writes the file at the same time.
 * Each write has a temporary file of its own, which is synced to disk and renamed. The next write removes those of processes that have ended.
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

/** Removes the temporary files that processes that have ended left beside a file. One that cannot be removed stays: it is no reason not to write. */
async function removeLeft(path: string): Promise<void> {
  const directory = dirname(path);
  for (const name of await readdir(directory).catch(() => [])) {
    const [, pid] = name.startsWith(`${basename(path)}.`) ? (/\.(\d+)-\d+\.part$/.exec(name) ?? []) : [];
    if (pid && !existsSync(`/proc/${pid}`)) await rm(join(directory, name), { force: true }).catch(() => {});
  }
}
