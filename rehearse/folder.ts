import { isUtf8 } from "node:buffer";
import { readdirSync, readFileSync, realpathSync, statSync } from "node:fs";
import { dirname, join, normalize, posix, sep } from "node:path";
import { globSync } from "tinyglobby";
import { type Files, HOME, type Lines, PLAN, readLines } from "./conf/lines.ts";
import { patternsOf } from "./conf/pattern.ts";
import type { Place, Unread } from "./conf/place.ts";
import { readAsKeepalived, readTree, type Statement } from "./conf/tree.ts";

/** Blocks of which one makes a file a configuration of keepalived. */
const blocks = ["global_defs", "vrrp_instance", "virtual_server", "vrrp_sync_group", "vrrp_script"];

/** A configuration of one director. */
export interface Configuration {
  /** The director's name: that of its file or folder, or what `@NAME` lines call it. */
  readonly director: string;
  /** Its first file, relative to the folder. */
  readonly file: string;
  /** As keepalived reads them. */
  readonly statements: readonly Statement[];
  /** As they are written: others where keepalived does not know a keyword that has a block, and closes another one. */
  readonly written: readonly Statement[];
  /** What of it cannot be read. */
  readonly unread: readonly Unread[];
  /** The files that it consists of, by their names in the folder, with their paths on the director. */
  readonly files: ReadonlyMap<string, string>;
}

/** A folder of configurations, as one would attach it to a bug report. */
export interface Folder {
  /** As it was given. */
  readonly path: string;
  /** In the order of their names. At least one. */
  readonly configurations: readonly Configuration[];
  /** A file of the folder, by its path on a director, as a script that a configuration names; undefined if the folder has none. */
  find(path: string, from: string): FolderFile | undefined;
  /** The text of every file of the folder that is small enough to be a configuration or a script. */
  texts(): readonly FolderText[];
}

/** A file of the folder as text. */
export interface FolderText {
  /** Relative to the folder. */
  readonly file: string;
  readonly text: string;
  /** `latin1`: it is not UTF-8 text, such as a program or a file with an old comment, and each of its bytes is a character. */
  readonly encoding: "utf8" | "latin1";
}

export interface FolderFile extends FolderText {
  /** Its permissions, as of stat(2). */
  readonly mode: number;
}

/** Whether somebody may run a file with these permissions. */
export const isExecutable = ({ mode }: { readonly mode: number }): boolean => (mode & 0o111) !== 0;

/** The folder cannot be read, or has no configuration; the message names the fix. */
export class FolderError extends Error {
  override readonly name = "FolderError";
}

/** The largest file that is read, in bytes. */
const largest = 4 * 1024 * 1024;

/** Reads a folder: `NAME.conf` or `NAME/keepalived.conf` for each director. @throws FolderError */
export function readFolder(path: string): Folder {
  const files = new FolderFiles(path);
  const candidates = files.candidates();
  const read = candidates.map(({ name, file }) => ({ name, file, lines: readLines(file, { files, configId: name }) }));
  const included = new Set(read.flatMap(({ file, lines }) => [...lines.files.keys()].filter((one) => one !== file)));
  const found = read.filter(({ file, lines }) => !included.has(file) && isConfiguration(lines));
  if (found.length === 0)
    throw new FolderError(
      `${path}: no configuration of keepalived. Fix: put one file for each director into it, NAME.conf or NAME/keepalived.conf`,
    );
  const configurations = found.flatMap(({ name, file, lines }) =>
    namesIn(name, lines, found.length).map((director) => configurationOf(director, file, files)),
  );
  return {
    path,
    configurations: configurations.sort((one, other) => one.director.localeCompare(other.director)),
    find: (wanted, from) => files.find(wanted, from),
    texts: () => files.texts(),
  };
}

function configurationOf(director: string, file: string, files: Files): Configuration {
  const lines = readLines(file, { files, configId: director });
  const { statements: written, unread } = readTree(lines.lines);
  const statements = readAsKeepalived(lines.lines);
  return { director, file, statements, written, unread: [...lines.unread, ...unread], files: lines.files };
}

const isConfiguration = ({ lines }: Lines): boolean => {
  const keywords = lines.map(({ text }) => /^\w+/.exec(text)?.[0] ?? "");
  return blocks.some((block) => keywords.includes(block));
};

/** The directors of a file: one, or those that its `@NAME` lines name if it is the only file. */
const namesIn = (name: string, { conditions }: Lines, files: number): string[] =>
  files > 1 || conditions.size === 0 || conditions.has(name) ? [name] : [...conditions];

/** The files of a folder, under the paths that they have on a director. Each is read once, so that all who ask see the same text. */
class FolderFiles implements Files {
  readonly #root: string;
  readonly #read = new Map<string, FolderFile | undefined>();
  #texts: readonly FolderText[] | undefined;

  constructor(root: string) {
    this.#root = root;
  }

  /** The files that may be a director's, with its name. */
  candidates(): { name: string; file: string }[] {
    let entries: readonly string[];
    try {
      if (statSync(this.#root).isFile())
        throw new FolderError(`${this.#root} is a file. Fix: name the folder that it is in`);
      entries = readdirSync(this.#root).sort();
    } catch (error) {
      if (error instanceof FolderError) throw error;
      throw new FolderError(`${this.#root}: ${(error as Error).message}. Fix: name a folder with configurations`);
    }
    return entries.flatMap((entry) => {
      if (entry.endsWith(".conf") && this.read(entry) !== undefined) return [{ name: entry.slice(0, -5), file: entry }];
      const inside = `${entry}/keepalived.conf`;
      return this.read(inside) === undefined ? [] : [{ name: entry, file: inside }];
    });
  }

  read(file: string): string | undefined {
    return this.#fileOf(file)?.text;
  }

  #fileOf(file: string): FolderFile | undefined {
    if (!this.#read.has(file)) this.#read.set(file, this.#readFile(file));
    return this.#read.get(file);
  }

  #readFile(file: string): FolderFile | undefined {
    if (isOutside(file)) return undefined;
    try {
      const path = realpathSync(join(this.#root, file));
      if (!path.startsWith(realpathSync(this.#root) + sep)) return undefined;
      const status = statSync(path);
      if (!status.isFile() || status.size > largest) return undefined;
      const bytes = readFileSync(path);
      const encoding = isUtf8(bytes) && !bytes.includes(0) ? "utf8" : "latin1";
      return { file, text: bytes.toString(encoding), encoding, mode: status.mode & 0o7777 };
    } catch {
      return undefined;
    }
  }

  matching(pattern: string, from: string): readonly string[] {
    for (const candidate of this.#candidatesFor(pattern, from)) {
      const found = patternsOf(candidate).flatMap((one) =>
        globSync(one, { cwd: this.#root, onlyFiles: true, expandDirectories: false, globstar: false }).sort(),
      );
      if (found.length > 0) return found;
    }
    return [];
  }

  isExecutable(file: string): boolean {
    return isExecutable(statSync(join(this.#root, file)));
  }

  find(path: string, from: string): FolderFile | undefined {
    for (const file of this.#candidatesFor(path, from)) {
      const found = this.#fileOf(file);
      if (found) return found;
    }
    return undefined;
  }

  texts(): readonly FolderText[] {
    this.#texts ??= globSync("**/*", { cwd: this.#root, onlyFiles: true, dot: true })
      .filter((file) => file !== PLAN)
      .sort()
      .flatMap((file) => this.#fileOf(file) ?? []);
    return this.#texts;
  }

  /**
   * Where in the folder a path of a director may be: beside the file that names it, below the director's own folder as below /etc/keepalived
   * or below /, or in the folder itself; at last anywhere by its name alone, for a report seldom keeps directories.
   */
  #candidatesFor(path: string, from: string): string[] {
    const top = topOf(from);
    const below = posix.isAbsolute(path)
      ? [posix.relative(HOME, path), path.slice(1)].flatMap((one) => [join(top, one), one])
      : [join(dirname(from), path), join(top, path)];
    const name = posix.basename(path);
    return [...new Set([...below, join(top, name), name].map((one) => normalize(one)))].filter(
      (one) => !isOutside(one),
    );
  }
}

/** The director's own folder, or the folder itself. */
const topOf = (file: string): string => (file.includes("/") ? (file.split("/")[0] as string) : ".");

const isOutside = (file: string): boolean => normalize(file).startsWith("..") || posix.isAbsolute(file);

/** A place as people and tools read it. */
export const placeText = (folder: Pick<Folder, "path">, { file, line }: Place): string =>
  `${join(folder.path, file)}:${line}`;
