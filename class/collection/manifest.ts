import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { lstat, readdir } from "node:fs/promises";
import { join, relative } from "node:path";
import { pipeline } from "node:stream/promises";
import { z } from "zod";

/** The files beside what was collected: the list of it, the signature of that list, and the public key. They are not in the list. */
export const MANIFEST = "manifest.json";
export const SIGNATURE = "manifest.sig";
export const PUBLIC_KEY = "class.pub";
export const OWN_FILES: readonly string[] = [MANIFEST, SIGNATURE, PUBLIC_KEY];

const fileEntry = z.object({
  /** Below the folder, with `/`. */
  path: z.string(),
  bytes: z.int().min(0),
  /** In hexadecimal. */
  sha256: z.string().regex(/^[0-9a-f]{64}$/),
});
export type FileEntry = z.output<typeof fileEntry>;

/** What a folder of one student has. `version` increases with changes that readers must know of. */
export const manifestSchema = z.object({
  format: z.literal("lvs-lab class collection"),
  version: z.literal(1),
  class: z.string(),
  /** The lab file that everybody's lab comes from. */
  exercise: z.string(),
  student: z.object({ id: z.string(), name: z.string() }),
  stack: z.string(),
  /** ISO 8601. */
  collectedAt: z.string(),
  deadline: z.string().optional(),
  /** Whether it was collected after the deadline; not there without one. */
  late: z.boolean().optional(),
  /** What could not be collected, a sentence each. */
  missing: z.array(z.string()),
  /** In the order of their paths. */
  files: z.array(fileEntry),
});
export type Manifest = z.output<typeof manifestSchema>;

/** The files of a folder with their sums, but the manifest's own. @throws Error of a path that is neither file nor folder, such as a link */
export async function filesIn(folder: string): Promise<FileEntry[]> {
  const paths = (await readdir(folder, { recursive: true, withFileTypes: true })).map((entry) => ({
    entry,
    path: relative(folder, join(entry.parentPath, entry.name)),
  }));
  const odd = paths.find(({ entry }) => !entry.isFile() && !entry.isDirectory());
  if (odd) throw new Error(`${join(folder, odd.path)} is neither a file nor a folder`);
  const files = paths.filter(({ entry, path }) => entry.isFile() && !OWN_FILES.includes(path));
  const entries = await Promise.all(files.map(async ({ path }) => await entryOf(folder, path)));
  return entries.sort((one, other) => (one.path < other.path ? -1 : 1));
}

async function entryOf(folder: string, path: string): Promise<FileEntry> {
  const file = join(folder, path);
  const sum = createHash("sha256");
  await pipeline(createReadStream(file), sum);
  return { path, bytes: (await lstat(file)).size, sha256: sum.digest("hex") };
}
