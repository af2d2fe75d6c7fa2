import { lstatSync, readdirSync } from "node:fs";
import { readFile, writeFile } from "node:fs/promises";
import { join, relative } from "node:path";
import { isDeepStrictEqual } from "node:util";

/** Recorded measures of a built directory, by name. */
type Measures = Readonly<Record<string, number>>;

/** Measures a built directory without its manifest. Reads sizes, not file contents. */
export type Measure = (directory: string) => Measures;

const NAME = "manifest.json";

/** Size of each file by path, for a directory with few files. */
export const sizesOfFiles: Measure = (directory) =>
  Object.fromEntries(filesBelow(directory).map(({ path, size }) => [path, size]));

/** Number of files and total bytes, for a directory with many files. */
export const totalOfFiles: Measure = (directory) => {
  const files = filesBelow(directory);
  return { files: files.length, bytes: files.reduce((sum, { size }) => sum + size, 0) };
};

/** All files and links below a directory. A link counts as itself, not as its target. */
function filesBelow(directory: string, top = directory): { path: string; size: number }[] {
  return readdirSync(directory, { withFileTypes: true }).flatMap((entry) => {
    const path = join(directory, entry.name);
    if (entry.isDirectory()) return filesBelow(path, top);
    if (path === join(top, NAME)) return [];
    return [{ path: relative(top, path), size: lstatSync(path).size }];
  });
}

/** Records the measures of a finished directory. */
export async function writeManifest(directory: string, measure: Measure): Promise<void> {
  await writeFile(join(directory, NAME), `${JSON.stringify(measure(directory), null, 1)}\n`);
}

/** Describes how a built directory differs from its manifest; undefined if it does not. */
export async function damageOf(directory: string, measure: Measure): Promise<string | undefined> {
  const text = await readFile(join(directory, NAME), "utf8").catch((error: NodeJS.ErrnoException) => {
    if (error.code === "ENOENT" || error.code === "EISDIR") return undefined;
    throw error;
  });
  if (text === undefined) return `it has no ${NAME}`;
  const recorded = recordedIn(text);
  if (recorded === undefined) return `its ${NAME} is damaged`;
  const found = measured(directory, measure);
  if (found instanceof Error) return `it cannot be read: ${found.message}`;
  if (isDeepStrictEqual(recorded, found)) return undefined;
  const names = [...new Set([...Object.keys(recorded), ...Object.keys(found)])].filter(
    (name) => recorded[name] !== found[name],
  );
  const [first, ...others] = names.map((name) => inWords(name, recorded[name], found[name]));
  return others.length === 0 ? first : `${first}, and ${others.length} more`;
}

/** A directory may change or disappear while it is measured. */
function measured(directory: string, measure: Measure): Measures | Error {
  try {
    return measure(directory);
  } catch (error) {
    return error as Error;
  }
}

function recordedIn(text: string): Measures | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === "object" && value !== null ? (value as Measures) : undefined;
  } catch {
    return undefined;
  }
}

function inWords(name: string, recorded: number | undefined, found: number | undefined): string {
  if (found === undefined) return `${name} is missing`;
  return recorded === undefined ? `${name} is unexpected` : `${name}: ${found} instead of ${recorded}`;
}
