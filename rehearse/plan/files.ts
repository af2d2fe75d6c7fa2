import { posix } from "node:path";
import { HOME } from "../conf/lines.ts";
import { commandWordsOf } from "../conf/text.ts";
import type { Statement } from "../conf/tree.ts";
import type { Configuration, Folder } from "../folder.ts";

/** A file as it is put on a director. */
export interface DirectorFile {
  readonly text: string;
  readonly executable: boolean;
}

/** What a director gets, by paths: its configuration with what it includes, and the scripts of the folder that it names. */
export function filesOf(folder: Folder, configuration: Configuration): Record<string, DirectorFile> {
  const texts = new Map(folder.texts().map(({ file, text }) => [file, text]));
  const own = [...configuration.files].map(([file, path]): [string, DirectorFile] => [
    path,
    { text: texts.get(file) ?? "", executable: false },
  ]);
  const scripts = namedPaths(configuration.statements).flatMap((path): [string, DirectorFile][] => {
    const found = folder.find(path, configuration.file);
    return found ? [[posix.resolve(HOME, path), { text: found.text, executable: (found.mode & 0o111) !== 0 }]] : [];
  });
  return Object.fromEntries([...scripts, ...own]);
}

/** The scripts below /etc/keepalived, /opt or /usr/local that a configuration names and the folder does not have. */
export const missingScripts = (folder: Folder, { statements, file }: Configuration): string[] =>
  namedPaths(statements).filter(
    (path) => /^\/(etc\/keepalived|opt|usr\/local|root|home)\//.test(path) && !folder.find(path, file),
  );

/** The paths in the commands of a configuration, each once. */
const namedPaths = (statements: readonly Statement[]): string[] => [...new Set(statements.flatMap(pathsIn))];

const pathsIn = ({ words, block = [] }: Statement): string[] => [
  ...words.flatMap(commandWordsOf).filter((word) => /^[\w.-]*\/[\w./-]+$/.test(word) && !/^[\d.]+\/\d+$/.test(word)),
  ...block.flatMap(pathsIn),
];
