import { existsSync, mkdtempSync, readFileSync, rmSync, statSync } from "node:fs";
import { homedir, tmpdir } from "node:os";
import { basename, join, resolve } from "node:path";
import type { PageBundle } from "../../verify/report/bundle.ts";
import { reportDocument } from "../../verify/report/html/document.ts";
import { pageData } from "../../verify/report/html/shell.ts";
import type { RunResult } from "../../verify/report/result.ts";
import { PLAN } from "../conf/lines.ts";
import { type Folder, isExecutable, readFolder } from "../folder.ts";
import { findingsAsJson } from "../lint/format.ts";
import { lint } from "../lint/index.ts";
import type { Finding } from "../lint/rule.ts";
import { scriptsOf } from "../plan/files.ts";
import { matrixDocument } from "../report/document.ts";
import { MATRIX_HTML, MATRIX_JSON } from "../report/record.ts";
import type { MatrixCell, MatrixResult } from "../report/result.ts";
import { ownVersions } from "../report/versions.ts";
import { redactedCapture } from "./capture.ts";
import type { Packed, PackedFile } from "./packed.ts";
import { readme } from "./readme.ts";
import { type Doubt, Redaction } from "./redaction.ts";
import type { FailedCell, LastReport } from "./report.ts";
import { writeTree } from "./tree.ts";

/**
 * A reproducer of a folder: the files that its configurations use, without secrets; what lint finds; and of the last rehearsal the cells that failed.
 * @param report the last rehearsal, or why there is none
 * @param bundle of the pages that show it
 */
export function packed(folder: Folder, report: LastReport | string, bundle: PageBundle): Packed {
  const own = basename(resolve(folder.path));
  const redaction = new Redaction();
  for (const configuration of folder.configurations) redaction.learnConfiguration(folder, configuration);
  const all = filesIn(folder);
  const used = usedFiles(folder);
  for (const [file, { content }] of all) if (used.has(file)) redaction.learnText(file, content);
  const failed = typeof report === "string" ? [] : report.failed;
  if (typeof report !== "string") redaction.learnJson("matrix.json", report.matrix);
  for (const { result, directory } of failed) if (result) redaction.learnJson(String(directory), result);

  const files = new Map<string, PackedFile>();
  const redacted = new Map<string, PackedFile>();
  for (const [file, one] of all) if (used.has(file)) redacted.set(file, hidden(redaction, file, one));
  const findings = withTheSameFindings({ folder, own, redaction, all, redacted });
  for (const [file, one] of redacted) files.set(join(own, file), one);

  files.set("lint.json", jsonFile(findings));
  const runs = new Map(failed.map((one) => [one.cell, runWithoutSecrets(one, redaction)] as const));
  const matrix = typeof report === "string" ? undefined : matrixWithoutSecrets(report.matrix, own, { runs, redaction });
  files.set("versions.json", jsonFile({ packedBy: ownVersions(), ...(matrix ? { rehearsal: matrix.versions } : {}) }));
  if (matrix && typeof report !== "string") {
    const drawn = report.matrix.cells.map((cell) => runs.get(cell) ?? null);
    files.set(MATRIX_JSON, jsonFile(matrix));
    files.set(
      MATRIX_HTML,
      textFile(
        matrixDocument(
          matrix,
          drawn.map((run) => run && pageData(run)),
          bundle,
        ),
      ),
    );
  }
  for (const one of failed) addRun(files, one, { result: runs.get(one.cell) ?? null, redaction, bundle });
  const doubts = [
    ...redaction.doubts.map((doubt) => (redacted.has(doubt.file) ? { ...doubt, file: join(own, doubt.file) } : doubt)),
    ...(typeof report === "string" ? [] : staleFiles(folder, used, report.matrix.startedAt, own)),
    ...[...files].flatMap(([file, { content }]) =>
      redaction
        .survivorsIn(Buffer.from(content))
        .map((kind): Doubt => ({ file, why: `a secret (${kind}) is still in it, as a part of a word` })),
    ),
  ];
  const replaced = redaction.replaced.map((one) =>
    redacted.has(one.file) ? { ...one, file: join(own, one.file) } : one,
  );
  const text = readme({ own, ...(matrix ? { matrix } : {}), findings, files: [...files.keys()], replaced });
  files.set("README.md", textFile(text));
  return {
    name: `${own}-rehearsal`,
    files: new Map([...files].sort(([one], [other]) => (one < other ? -1 : 1))),
    replaced,
    doubts: unique(doubts),
  };
}

/** The report of the rehearsal as it is in the archive: without secrets, and with the archive's own paths. Runs that passed have no page in it. */
function matrixWithoutSecrets(
  matrix: MatrixResult,
  own: string,
  { runs, redaction }: { readonly runs: ReadonlyMap<MatrixCell, RunResult | null>; readonly redaction: Redaction },
): MatrixResult {
  const cells = matrix.cells.map((cell) => ({
    ...cell,
    report: cell.report !== null && runs.get(cell) ? inArchive(cell.report) : null,
  }));
  return withoutHome(redaction.json(MATRIX_JSON, { ...matrix, folder: own, cells })) as MatrixResult;
}

/** The result of a failed cell's run; null: there is none. */
const runWithoutSecrets = ({ directory, result }: FailedCell, redaction: Redaction): RunResult | null =>
  directory !== null && result
    ? (withoutHome(redaction.json(join(inArchive(directory), "result.json"), result)) as RunResult)
    : null;

interface TextFile {
  readonly content: string;
  readonly executable: boolean;
}

/** All files of the folder, by their names. */
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

/** The files that the configurations use: themselves, what they include, and their scripts; and the plan. */
const usedFiles = (folder: Folder): ReadonlySet<string> =>
  new Set([
    PLAN,
    ...folder.configurations.flatMap((configuration) => [
      ...configuration.files.keys(),
      ...[...scriptsOf(folder, configuration).values()].map(({ file }) => file),
    ]),
  ]);

/** A file without its secrets. What is no text is left out, but for its name. */
function hidden(redaction: Redaction, file: string, { content, executable }: TextFile): PackedFile {
  if (!/[\0\uFFFD]/.test(content)) return { content: redaction.text(file, content), executable };
  redaction.doubts.push({ file, why: "it is no text; its name is in the archive, its content is not" });
  return { content: "(this file is no text, and was left out)\n", executable };
}

/**
 * The findings of lint in the files as they are packed. Lint looks at notes, too: those that it needs to find the same are packed as well.
 * @returns them as `rehearse lint --json` would print them
 */
function withTheSameFindings({
  folder,
  own,
  redaction,
  all,
  redacted,
}: {
  readonly folder: Folder;
  readonly own: string;
  readonly redaction: Redaction;
  readonly all: ReadonlyMap<string, TextFile>;
  readonly redacted: Map<string, PackedFile>;
}): ReturnType<typeof findingsAsJson> {
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
      const packedFolder = readFolder(path);
      return { packedFolder, findings: lint(packedFolder) };
    };
    let now = lintOf(redacted);
    for (const [file, one] of all) {
      if (missing(now.findings).length === 0) break;
      if (redacted.has(file) || /[\0\uFFFD]/.test(one.content)) continue;
      const then = lintOf(new Map([...redacted, [file, one]]));
      if (missing(then.findings).length >= missing(now.findings).length) continue;
      redaction.learnText(file, one.content);
      redacted.set(file, hidden(redaction, file, one));
      now = lintOf(redacted);
    }
    for (const key of missing(now.findings)) {
      const [rule = "", file = "", line = ""] = key.split("\n");
      redaction.doubts.push({
        file,
        at: Number(line),
        why: `lint finds something else here than in the folder itself: ${rule}`,
      });
    }
    return { ...findingsAsJson(now.packedFolder, now.findings), folder: own };
  } finally {
    rmSync(scratch, { recursive: true, force: true });
  }
}

/** What makes two findings the same. Their texts may have names that were replaced. */
const keyOf = ({ rule, level, at }: Finding): string => [rule.id, at.file, at.line, level].join("\n");

/** Adds what is left of a failed cell's run. */
function addRun(
  files: Map<string, PackedFile>,
  { capture, directory }: FailedCell,
  {
    result,
    redaction,
    bundle,
  }: { readonly result: RunResult | null; readonly redaction: Redaction; readonly bundle: PageBundle },
): void {
  if (directory === null) return;
  const at = inArchive(directory);
  if (!result) {
    redaction.doubts.push({ file: at, why: "its result.json is not there, or cannot be read" });
    return;
  }
  files.set(join(at, "result.json"), jsonFile(result, 0));
  files.set(join(at, "report.html"), textFile(reportDocument(result, bundle)));
  const name = join(at, basename(result.series.capture?.file ?? "capture.pcap"));
  if (!capture) {
    redaction.doubts.push({ file: name, why: "it is not there" });
    return;
  }
  try {
    const { bytes, passwords, digests, leftOut } = redactedCapture(capture, redaction);
    files.set(name, { content: bytes, executable: false });
    for (const [kind, count] of [
      ["auth_pass", passwords],
      ["digest of an authentication header", digests],
    ] as const)
      if (count > 0) redaction.replaced.push({ kind, file: name, at: `${count} packets` });
    for (const [why, count] of leftOut)
      redaction.doubts.push({ file: name, why: `${count} packets are left out: ${why}` });
  } catch (error) {
    redaction.doubts.push({ file: name, why: `left out: ${(error as Error).message}` });
  }
}

/** Where a file or directory of the reports is in the archive. */
const inArchive = (path: string): string => join("runs", path);

/** Files that are newer than the report: it is of others. */
const staleFiles = (folder: Folder, used: ReadonlySet<string>, startedAt: string, own: string): Doubt[] =>
  [...used].flatMap((file) => {
    const path = join(folder.path, file);
    return existsSync(path) && statSync(path).mtimeMs > Date.parse(startedAt)
      ? [{ file: join(own, file), why: "it was changed after the rehearsal that is in the archive" }]
      : [];
  });

const textFile = (content: string): PackedFile => ({ content, executable: false });

const jsonFile = (data: unknown, indent = 2): PackedFile => textFile(`${JSON.stringify(data, null, indent)}\n`);

/** Data without the path of one's own home directory. */
function withoutHome(data: unknown): unknown {
  const home = homedir();
  if (home.length < 2) return data;
  return JSON.parse(JSON.stringify(data).replaceAll(`${JSON.stringify(home).slice(1, -1)}/`, "~/"));
}

const unique = (doubts: readonly Doubt[]): Doubt[] => [
  ...new Map(doubts.map((one) => [`${one.file}\n${one.at}\n${one.why}`, one])).values(),
];
