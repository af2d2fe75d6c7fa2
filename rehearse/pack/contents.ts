import { homedir } from "node:os";
import { basename, dirname, join } from "node:path";
import type { PageBundle } from "../../verify/report/bundle.ts";
import { reportDocument } from "../../verify/report/html/document.ts";
import { pageData } from "../../verify/report/html/shell.ts";
import type { RunResult } from "../../verify/report/result.ts";
import type { Folder } from "../folder.ts";
import { matrixDocument } from "../report/document.ts";
import { MATRIX_HTML } from "../report/record.ts";
import { ownVersions } from "../report/versions.ts";
import { redactedCapture } from "./capture.ts";
import { learnFolder, packedFolder, sourcesOf, staleFiles } from "./folder.ts";
import type { Packed, PackedFile } from "./packed.ts";
import { readme } from "./readme.ts";
import { type Doubt, Redaction } from "./redaction.ts";
import { type FailedRun, fileOf, type LastReport, type RehearsalResult } from "./report.ts";

/** The runs that failed, without secrets, by their directory in the archive; null: there is no result. */
type Runs = ReadonlyMap<string, RunResult | null>;

/**
 * A reproducer: the files that configurations use, without secrets; what lint finds; and of the last rehearsal the runs that failed.
 * @param folders one that was rehearsed, or for a roll-out the old one and the new
 * @param report the last rehearsal, or why there is none
 * @param bundle of the pages that show it
 */
export function packed(folders: readonly Folder[], report: LastReport | string, bundle: PageBundle): Packed {
  const redaction = new Redaction();
  const sources = sourcesOf(folders);
  const last = typeof report === "string" ? undefined : report;
  for (const source of sources) learnFolder(redaction, source);
  if (last) redaction.learnJson(fileOf(last.rehearsed), last.rehearsed);
  for (const { result, directory } of last?.failed ?? []) if (result) redaction.learnJson(directory, result);

  const files = new Map<string, PackedFile>();
  const parts = sources.map((source) => packedFolder(redaction, source));
  for (const { own, files: inside, findings } of parts) {
    for (const [file, one] of inside) files.set(file, one);
    files.set(parts.length > 1 ? `lint-${own}.json` : "lint.json", jsonFile(findings));
  }
  const names = parts.map(({ own }) => own);
  const runs: Runs = new Map(
    (last?.failed ?? []).map((one) => [inArchive(one.directory), runWithoutSecrets(one, redaction)]),
  );
  const rehearsed = last && rehearsedWithoutSecrets(last.rehearsed, names, { runs, redaction });
  files.set(
    "versions.json",
    jsonFile({ packedBy: ownVersions(), ...(rehearsed ? { rehearsal: rehearsed.versions } : {}) }),
  );
  if (rehearsed) files.set(fileOf(rehearsed), jsonFile(rehearsed));
  if (rehearsed?.format === "lvs-lab rehearsal") {
    const drawn = rehearsed.cells.map(({ report: page }) => (page === null ? null : (runs.get(dirname(page)) ?? null)));
    const pages = drawn.map((run) => run && pageData(run));
    files.set(MATRIX_HTML, textFile(matrixDocument(rehearsed, pages, bundle)));
  }
  for (const one of last?.failed ?? [])
    addRun(files, one, { result: runs.get(inArchive(one.directory)) ?? null, redaction, bundle });
  const doubts = [
    ...redaction.doubts,
    ...(last ? sources.flatMap((source) => staleFiles(source, last.rehearsed.startedAt)) : []),
    ...[...files].flatMap(([file, { content }]) =>
      redaction
        .survivorsIn(Buffer.from(content))
        .map((kind): Doubt => ({ file, why: `a secret (${kind}) is still in it, as a part of a word` })),
    ),
  ];
  const { replaced } = redaction;
  files.set(
    "README.md",
    textFile(readme({ folders: parts, ...(rehearsed ? { rehearsed } : {}), files: [...files.keys()], replaced })),
  );
  return {
    name: `${names.at(-1)}-${parts.length > 1 ? "roll-out" : "rehearsal"}`,
    files: new Map([...files].sort(([one], [other]) => (one < other ? -1 : 1))),
    replaced,
    doubts: unique(doubts),
  };
}

/**
 * The report of the rehearsal as it is in the archive: without secrets, and with the archive's own paths. Runs that passed have no page in it.
 * @param names of the folders in the archive
 */
function rehearsedWithoutSecrets(
  rehearsed: RehearsalResult,
  names: readonly string[],
  { runs, redaction }: { readonly runs: Runs; readonly redaction: Redaction },
): RehearsalResult {
  const paged = <T extends { readonly report: string | null }>(one: T): T => ({
    ...one,
    report: one.report !== null && runs.get(inArchive(dirname(one.report))) ? inArchive(one.report) : null,
  });
  const [first = "", second = ""] = names;
  const packable: RehearsalResult =
    rehearsed.format === "lvs-lab roll-out"
      ? { ...paged(rehearsed), from: first, to: second }
      : { ...rehearsed, folder: first, cells: rehearsed.cells.map(paged) };
  return withoutHome(redaction.json(fileOf(rehearsed), packable)) as RehearsalResult;
}

/** The result of a failed run; null: there is none. */
const runWithoutSecrets = ({ directory, result }: FailedRun, redaction: Redaction): RunResult | null =>
  result ? (withoutHome(redaction.json(join(inArchive(directory), "result.json"), result)) as RunResult) : null;

/** Adds what is left of a failed run. */
function addRun(
  files: Map<string, PackedFile>,
  { capture, directory }: FailedRun,
  {
    result,
    redaction,
    bundle,
  }: { readonly result: RunResult | null; readonly redaction: Redaction; readonly bundle: PageBundle },
): void {
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
