import type { Command } from "../../directors/command.ts";
import { type Folder, type FolderFile, isExecutable } from "../../folder.ts";
import type { Found, Rule, Subject } from "../rule.ts";
import { interpreterOf, startedFile } from "../scripts.ts";

export const scriptCannotRun: Rule = {
  id: "script-cannot-run",
  title: "a script without a first line #!, or that is not executable",
  level: "error",
  why:
    "keepalived starts a script by execve(2), which needs #! and an interpreter in its first line; only one that is built with libmagic, as Debian's is " +
    "not, runs a script without #! by a shell. Where execve fails, keepalived takes the script for a success, always. A script that is not executable it " +
    "leaves out, and what the script would check is not checked.",
  source: "system_call_script(), check_script_secure() in keepalived's lib/notify.c; execve(2), Interpreter scripts",
  *look(subject) {
    const modesKept = startedFiles(subject).some(isExecutable);
    for (const { commands } of subject.directors)
      for (const command of commands) yield* cannotRun(command, subject.folder, modesKept);
  },
};

function* cannotRun(command: Command, folder: Folder, modesKept: boolean): Iterable<Found> {
  const file = startedFile(command, folder);
  // What is no text is a program of the machine's own.
  if (!file || file.text.includes("\0")) return;
  const { owner, at } = command;
  const first = { file: file.file, line: 1 };
  const interpreter = interpreterOf(file);
  const success = command.decides ? `${owner} succeeds always` : `${owner} never runs`;
  if (interpreter === undefined || interpreter.trim() === "")
    yield {
      at: first,
      also: [at],
      message: `${file.file} does not begin with #!: a keepalived without libmagic cannot start it, and ${success}`,
      fix: "write `#!/bin/sh`, or the interpreter that it is for, as its first line",
    };
  else if (/\r$/.test(file.text.split("\n")[0] ?? ""))
    yield {
      at: first,
      also: [at],
      message: `the first line of ${file.file} ends with a carriage return, and there is no ${interpreter.trim()}\\r: ${success}`,
      fix: `write it with the line ends of Unix: sed -i 's/\\r$//' ${file.file}`,
    };
  if (!isExecutable(file))
    yield {
      at,
      also: [first],
      // A folder that comes by mail or from an archive may have lost all permissions.
      level: modesKept ? "error" : "note",
      message: `${file.file} of ${owner} is not executable${modesKept ? "" : " in this folder"}; keepalived leaves it out if it is not on the director`,
      fix: `chmod +x ${file.file}`,
    };
}

const startedFiles = ({ directors, folder }: Subject): FolderFile[] =>
  directors.flatMap(({ commands }) => commands.flatMap((command) => startedFile(command, folder) ?? []));
