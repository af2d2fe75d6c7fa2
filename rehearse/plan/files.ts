import { posix } from "node:path";
import { HOME } from "../conf/lines.ts";
import { commandWordsOf } from "../conf/text.ts";
import type { Statement } from "../conf/tree.ts";
import { type Configuration, type Folder, type FolderFile, type FolderText, isExecutable } from "../folder.ts";
import type { PlannedDirector } from "./plan.ts";

/** A file as it is put on a director. */
export interface DirectorFile {
  readonly text: string;
  readonly executable: boolean;
  /** `text` is its bytes in base64: they are not UTF-8 text. */
  readonly base64?: true;
}

/** What a director gets, by paths: its configuration with what it includes, and its scripts. */
export function filesOf(folder: Folder, configuration: Configuration): Record<string, DirectorFile> {
  const texts = new Map(folder.texts().map((one) => [one.file, one]));
  const own = [...configuration.files].map(([file, path]): [string, DirectorFile] => [
    path,
    { ...contentOf(texts.get(file) ?? { text: "", encoding: "utf8" }), executable: false },
  ]);
  const named = [...scriptsOf(folder, configuration)].map(([path, found]) => [path, asItIs(found)] as const);
  return { ...Object.fromEntries(named), ...Object.fromEntries(own) };
}

const asItIs = (found: FolderFile): DirectorFile => ({ ...contentOf(found), executable: isExecutable(found) });

const contentOf = ({ text, encoding }: Pick<FolderText, "text" | "encoding">): Omit<DirectorFile, "executable"> =>
  encoding === "utf8" ? { text } : { text: Buffer.from(text, encoding).toString("base64"), base64: true };

/** The files of the folder that a configuration names in its commands, and what these name in turn, by their paths on the director. */
export function scriptsOf(folder: Folder, configuration: Configuration): ReadonlyMap<string, FolderFile> {
  const named = new Map<string, FolderFile>();
  const add = (path: string) => {
    const whole = posix.resolve(HOME, path);
    const found = named.has(whole) ? undefined : folder.find(path, configuration.file);
    if (!found) return;
    named.set(whole, found);
    for (const inner of found.text.match(/(?<![\w./-])\/[\w./-]+/g) ?? []) if (isSomebodysOwn(inner)) add(inner);
  };
  for (const path of namedPaths(configuration.statements)) add(path);
  return named;
}

/** The files that the plan gives a director beside those of keepalived, by paths. */
export const plannedFilesOf = (
  folder: Folder,
  { files }: Pick<PlannedDirector, "files">,
): Record<string, DirectorFile> =>
  Object.fromEntries(
    Object.entries(files).flatMap(([path, file]) => {
      const found = folder.find(file, "");
      return found ? [[path, asItIs(found)]] : [];
    }),
  );

/** The scripts that a configuration names, which no package brings, and which the folder does not have. */
export const missingScripts = (folder: Folder, { statements, file }: Configuration): string[] =>
  namedPaths(statements).filter((path) => isSomebodysOwn(path) && !folder.find(path, file));

/** Whether a path is where people put files of their own. */
export const isSomebodysOwn = (path: string): boolean =>
  /^\/(etc\/keepalived|opt|usr\/local|srv|root|home)\//.test(path);

/** The paths in the commands of a configuration, each once. */
const namedPaths = (statements: readonly Statement[]): string[] => [...new Set(statements.flatMap(pathsIn))];

const pathsIn = ({ words, block = [] }: Statement): string[] => [
  ...words
    .flatMap((one) => commandWordsOf(one))
    .filter((word) => /^[\w.-]*\/[\w./-]+$/.test(word) && !/^[\d.]+\/\d+$/.test(word)),
  ...block.flatMap(pathsIn),
];
