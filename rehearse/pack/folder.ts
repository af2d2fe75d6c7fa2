import { existsSync, mkdtempSync, readFileSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, join, resolve } from "node:path";
import { PLAN } from "../conf/lines.ts";
import { type Folder, isExecutable, readFolder } from "../folder.ts";
import { findingsAsJson } from "../lint/format.ts";
import { lint } from "../lint/index.ts";
import type { Finding } from "../lint/rule.ts";
import { scriptsOf } from "../plan/files.ts";
import type { PackedFile } from "./packed.ts";
import type { Doubt, Redaction } from "./redaction.ts";
import { writeTree } from "./tree.ts";

interface TextFile {
  readonly content: string;
  readonly executable: boolean;
}

/** A folder on its way into an archive. */
export interface Source {
  readonly folder: Folder;
  /** Its name in the archive. */
  readonly own: string;
  /** All of its files, by their names in it. */
  readonly all: ReadonlyMap<string, TextFile>;
  /** The names of the files in use: the configurations, the files that they include, their scripts, and rehearsal.yaml. */
  readonly used: ReadonlySet<string>;
}

/** Folders with the names that they have in an archive: their own, and where two have the same one `NAME-old` and `NAME-new`. */
export function sourcesOf(folders: readonly Folder[]): Source[] {
  const names = folders.map(({ path }) => basename(resolve(path)));
  const areTelling = new Set(names).size === names.length;
  return folders.map((folder, index) => ({
    folder,
    own: `${names[index]}${areTelling ? "" : ["-old", "-new"][index]}`,
    all: filesIn(folder),
    used: usedFiles(folder),
  }));
}

/** Learns the secrets of a folder: those of its configurations, and of the files that they use. */
export function learnFolder(redaction: Redaction, { folder, own, all, used }: Source): void {
  for (const configuration of folder.configurations) redaction.learnConfiguration(folder, configuration, own);
  for (const [file, { content }] of all) if (used.has(file)) redaction.learnText(join(own, file), content);
}

/** What an archive has of a folder. */
export interface PackedFolder {
  readonly own: string;
  /** By their names in the archive. */
  readonly files: ReadonlyMap<string, PackedFile>;
  /** What lint finds in them, as `rehearse lint --json` would print it. */
  readonly findings: ReturnType<typeof findingsAsJson>;
}

/**
 * The files that a folder's configurations use, without secrets. Lint looks at notes, too: those that it needs to find the same in the archive are
 * packed as well.
 */
export function packedFolder(redaction: Redaction, { folder, own, all, used }: Source): PackedFolder {
  const redacted = new Map<string, PackedFile>();
  const hide = (file: string, one: TextFile) => redacted.set(file, hidden(redaction, join(own, file), one));
  for (const [file, one] of all) if (used.has(file)) hide(file, one);
  const wanted = lint(folder).map(keyOf);
  const missing = (found: readonly Finding[]) => {
    const keys = found.map(keyOf);
    return [...wanted.filter((key) => !keys.includes(key)), ...keys.filter((key) => !wanted.includes(key))];
  };
  const scratch = mkdtempSync(join(tmpdir(), "lvs-lab-pack-"));
  try {
    const lintOf = (files: ReadonlyMap<string, PackedFile>) => {
      const path = join(mkdtempSync(join(scratch, "x")), own);
      writeTree(path, files);
      const copy = readFolder(path);
      return { copy, findings: lint(copy) };
    };
    let now = lintOf(redacted);
    for (const [file, one] of all) {
      if (missing(now.findings).length === 0) break;
      if (redacted.has(file) || isNoText(one.content)) continue;
      const then = lintOf(new Map([...redacted, [file, one]]));
      if (missing(then.findings).length >= missing(now.findings).length) continue;
      redaction.learnText(join(own, file), one.content);
      hide(file, one);
      now = lintOf(redacted);
    }
    for (const key of missing(now.findings)) {
      const [rule = "", file = "", line = ""] = key.split("\n");
      redaction.doubts.push({
        file: join(own, file),
        at: Number(line),
        why: `lint finds something else here than in the folder itself: ${rule}`,
      });
    }
    return {
      own,
      files: new Map([...redacted].map(([file, one]) => [join(own, file), one])),
      findings: { ...findingsAsJson(now.copy, now.findings), folder: own },
    };
  } finally {
    rmSync(scratch, { recursive: true, force: true });
  }
}

/** Files that are newer than the report: it is of others. @param startedAt when the report began, ISO 8601 */
export const staleFiles = ({ folder, own, used }: Source, startedAt: string): Doubt[] =>
  [...used].flatMap((file) => {
    const path = join(folder.path, file);
    return existsSync(path) && statSync(path).mtimeMs > Date.parse(startedAt)
      ? [{ file: join(own, file), why: "it was changed after the rehearsal that is in the archive" }]
      : [];
  });

function filesIn(folder: Folder): Map<string, TextFile> {
  const plan = join(folder.path, PLAN);
  const texts = folder
    .texts()
    .map(({ file, text }): [string, TextFile] => [
      file,
      { content: text, executable: isExecutable(statSync(join(folder.path, file))) },
    ]);
  return new Map([
    ...texts,
    ...(existsSync(plan) ? [[PLAN, { content: readFileSync(plan, "utf8"), executable: false }] as const] : []),
  ]);
}

const usedFiles = (folder: Folder): ReadonlySet<string> =>
  new Set([
    PLAN,
    ...folder.configurations.flatMap((configuration) => [
      ...configuration.files.keys(),
      ...[...scriptsOf(folder, configuration).values()].map(({ file }) => file),
    ]),
  ]);

/** A file without its secrets. What is no text is left out, but for its name. @param at its name in the archive */
function hidden(redaction: Redaction, at: string, { content, executable }: TextFile): PackedFile {
  if (!isNoText(content)) return { content: redaction.text(at, content), executable };
  redaction.doubts.push({ file: at, why: "it is no text; its name is in the archive, its content is not" });
  return { content: "(this file is no text, and was left out)\n", executable };
}

const isNoText = (content: string): boolean => /[\0\uFFFD]/.test(content);

/** What makes two findings the same. Their texts may have names that were replaced. */
const keyOf = ({ rule, level, at }: Finding): string => [rule.id, at.file, at.line, level].join("\n");
