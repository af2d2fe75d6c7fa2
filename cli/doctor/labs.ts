import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { labsRoot } from "../../provision/paths.ts";

/** The directories that may be labs', each with the stack of that name. */
export async function labDirectories(): Promise<{ stack: string; directory: string }[]> {
  const entries = await readdir(labsRoot(), { withFileTypes: true }).catch(() => []);
  return entries
    .filter((entry) => entry.isDirectory())
    .map(({ name }) => ({ stack: name, directory: join(labsRoot(), name) }));
}
