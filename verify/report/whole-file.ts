import { open, rename, rm } from "node:fs/promises";

/**
 * Writes a file so that it is complete or absent, even if the process is killed: aside, synced to disk, and renamed. The next write overwrites a
 * temporary file that a killed process has left.
 * @param mode its permissions if it is new, by default those that everybody may read it by
 */
export async function writeWhole(
  path: string,
  content: string | Uint8Array,
  { mode = 0o666 }: { readonly mode?: number } = {},
): Promise<void> {
  const aside = `${path}.part`;
  try {
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
