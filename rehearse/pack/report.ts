import { readFile } from "node:fs/promises";
import { basename, dirname, join, resolve } from "node:path";
import type { RunResult } from "../../verify/report/result.ts";
import { ROLL_OUT_JSON } from "../reload/record.ts";
import type { RollOutResult } from "../reload/result.ts";
import { MATRIX_JSON } from "../report/record.ts";
import type { MatrixResult } from "../report/result.ts";

/** What was rehearsed: a folder, or the roll-out of one in another's place. */
export type RehearsalResult = MatrixResult | RollOutResult;

/** The last rehearsal, with what it has left. */
export interface LastReport {
  readonly rehearsed: RehearsalResult;
  /** The runs of which something failed. */
  readonly failed: readonly FailedRun[];
}

export interface FailedRun {
  /** The directory of its report, relative to that of all reports. */
  readonly directory: string;
  /** Undefined: the file is not there, or cannot be read. */
  readonly result?: RunResult;
  readonly capture?: Buffer;
}

/** The file of a rehearsal's report. */
export const fileOf = ({ format }: Pick<RehearsalResult, "format">): string =>
  format === "lvs-lab roll-out" ? ROLL_OUT_JSON : MATRIX_JSON;

/** The folders of a rehearsal: one, or the old one and the new. */
export const foldersOf = (one: RehearsalResult): readonly string[] =>
  one.format === "lvs-lab roll-out" ? [one.from, one.to] : [one.folder];

/**
 * The report of the last rehearsal of a kind in a directory of reports.
 * @returns why there is none, if so
 */
export async function rehearsalIn(
  directory: string,
  format: RehearsalResult["format"],
): Promise<RehearsalResult | string> {
  const file = join(directory, fileOf({ format }));
  const text = await readFile(file, "utf8").catch(() => undefined);
  if (text === undefined) return `${file} is not there`;
  const read = parsed<RehearsalResult>(text);
  return read?.format === format && read.version === 1 ? read : `${file} is no report of this version of lvs-lab`;
}

/**
 * The last rehearsal in a directory of reports, of whichever kind.
 * @returns why there is none, if so
 */
export async function lastRehearsalIn(directory: string): Promise<RehearsalResult | string> {
  const matrix = await rehearsalIn(directory, "lvs-lab rehearsal");
  const rollOut = await rehearsalIn(directory, "lvs-lab roll-out");
  if (typeof rollOut === "string") return matrix;
  return typeof matrix === "string" || matrix.startedAt < rollOut.startedAt ? rollOut : matrix;
}

/**
 * The report of the last rehearsal of a folder, or of one roll-out, in a directory of reports, with what its failed runs left.
 * @param folders the folder, or the old one and the new
 * @returns why there is none, if so
 */
export async function lastReportIn(directory: string, folders: readonly string[]): Promise<LastReport | string> {
  const format = folders.length > 1 ? "lvs-lab roll-out" : "lvs-lab rehearsal";
  const rehearsed = await rehearsalIn(directory, format);
  if (typeof rehearsed === "string") return `${rehearsed}: no run is in the archive`;
  const namesIn = (paths: readonly string[]) => paths.map((path) => basename(resolve(path))).join("\n");
  const its = foldersOf(rehearsed);
  if (namesIn(its) !== namesIn(folders)) {
    const others = its.length > 1 ? "other folders" : "another folder";
    return `${join(directory, fileOf(rehearsed))} is of ${others}, ${its.join(" and ")}: no run is in the archive`;
  }
  return { rehearsed, failed: await Promise.all(failedRunsOf(rehearsed).map((one) => failedRun(directory, one))) };
}

/** The directories of the failed runs. A run that broke has left none. */
const failedRunsOf = (one: RehearsalResult): string[] =>
  (one.format === "lvs-lab roll-out" ? [one] : one.cells).flatMap(({ passed, report }) =>
    passed || report === null ? [] : [dirname(report)],
  );

async function failedRun(root: string, directory: string): Promise<FailedRun> {
  const text = await readFile(join(root, directory, "result.json"), "utf8").catch(() => undefined);
  const result = text === undefined ? undefined : parsed<RunResult>(text);
  const file = result?.series.capture?.file;
  const capture =
    file === undefined ? undefined : await readFile(join(root, directory, basename(file))).catch(() => undefined);
  return { directory, ...(result ? { result } : {}), ...(capture ? { capture } : {}) };
}

function parsed<T>(text: string): T | undefined {
  try {
    return JSON.parse(text) as T;
  } catch {
    return undefined;
  }
}
