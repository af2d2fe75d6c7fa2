import { type KeyObject, sign, verify } from "node:crypto";
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { writeWhole } from "../../verify/report/whole-file.ts";
import { filesIn, MANIFEST, type Manifest, manifestSchema, PUBLIC_KEY, SIGNATURE } from "./manifest.ts";
import { publicPem } from "./signing-key.ts";

/** Lists what a folder has, and signs the list. @param key the class's private key */
export async function seal(
  folder: string,
  about: Omit<Manifest, "format" | "version" | "files">,
  key: KeyObject,
): Promise<Manifest> {
  const manifest: Manifest = { format: "lvs-lab class collection", version: 1, ...about, files: await filesIn(folder) };
  const bytes = Buffer.from(`${JSON.stringify(manifest, null, 2)}\n`);
  await writeFile(join(folder, PUBLIC_KEY), publicPem(key));
  await writeFile(join(folder, SIGNATURE), sign(null, bytes, key));
  await writeWhole(join(folder, MANIFEST), bytes);
  return manifest;
}

/** What a look at a folder came to. */
export interface Verdict {
  /** Not there: nothing that the class has signed. */
  readonly manifest?: Manifest;
  /** Empty: every file is as it was collected, and no other is there. */
  readonly problems: readonly string[];
}

/** Holds a folder against the list that the class has signed. @param key the class's public key, or the private one */
export async function verifyFolder(folder: string, key: KeyObject): Promise<Verdict> {
  const read = async (name: string): Promise<Buffer | undefined> =>
    await readFile(join(folder, name)).catch(() => undefined);
  const [bytes, signature] = [await read(MANIFEST), await read(SIGNATURE)];
  if (!bytes || !signature)
    return { problems: [`${bytes ? SIGNATURE : MANIFEST} is missing: it is no folder of class collect`] };
  if (!verify(null, bytes, key, signature))
    return { problems: [`${SIGNATURE} is not the class's signature of ${MANIFEST}`] };
  const parsed = manifestSchema.safeParse(JSON.parse(bytes.toString("utf8")));
  if (!parsed.success) return { problems: [`${MANIFEST} is of another version of lvs-lab`] };
  const manifest = parsed.data;
  try {
    return { manifest, problems: differences(manifest.files, await filesIn(folder)) };
  } catch (error) {
    return { manifest, problems: [(error as Error).message] };
  }
}

/** How files differ from those that were listed. */
function differences(listed: Manifest["files"], found: Manifest["files"]): string[] {
  const now = new Map(found.map((file) => [file.path, file]));
  const then = new Set(listed.map(({ path }) => path));
  return [
    ...listed.flatMap(({ path, sha256 }) => {
      const file = now.get(path);
      if (file?.sha256 === sha256) return [];
      return [file ? `${path} was changed` : `${path} is missing`];
    }),
    ...found.filter(({ path }) => !then.has(path)).map(({ path }) => `${path} was added`),
  ];
}
