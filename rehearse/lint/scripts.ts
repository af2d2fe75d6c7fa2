import { posix } from "node:path";
import type { Command } from "../directors/command.ts";
import type { Folder, FolderFile } from "../folder.ts";

/** Programs that run what their arguments name. */
const shells = ["sh", "bash", "dash", "ash", "ksh", "zsh"];
const interpreters = [...shells, "env", "sudo", "nice", "timeout", "busybox", "python", "python3", "perl"];

const isProgram = (word: string | undefined, names: readonly string[]): boolean =>
  word !== undefined && names.includes(posix.basename(word));

/** The file of the folder that keepalived starts itself, as its first word. */
export const startedFile = ({ words: [program], at }: Command, folder: Folder): FolderFile | undefined =>
  program === undefined ? undefined : folder.find(program, at.file);

/** The file of the folder that a command runs: its program, or what an interpreter is given. */
export function scriptOf(command: Command, folder: Folder): FolderFile | undefined {
  const started = startedFile(command, folder);
  if (started || !isProgram(command.words[0], interpreters)) return started;
  return command.words
    .slice(1)
    .filter((word) => word.includes("/") || /\.\w+$/.test(word))
    .map((word) => folder.find(word, command.at.file))
    .find((file) => file !== undefined);
}

/** The place of the text that a command hands to a shell of its own, `sh -c TEXT`, in its words; -1 if it hands none. */
export function shellTextIn({ words }: Pick<Command, "words">): number {
  const shell = words.findIndex((word) => isProgram(word, shells));
  const option = words.findIndex((word, index) => index > shell && /^-[a-z]*c$/.test(word));
  return shell < 0 || option < 0 ? -1 : option + 1;
}

/** The interpreter of a script's first line; undefined if it has none. */
export const interpreterOf = ({ text }: Pick<FolderFile, "text">): string | undefined =>
  /^#![ \t]*(.*)/.exec(text)?.[1];

/** Whether a script is one of a shell, by its first line or, without one, by its name. */
export function isShellScript(file: FolderFile): boolean {
  const interpreter = interpreterOf(file)?.trim();
  if (interpreter === undefined) return file.file.endsWith(".sh");
  return interpreter.split(/[ \t]+/).some((word) => isProgram(word, shells));
}
