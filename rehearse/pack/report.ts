import { readFile } from "node:fs/promises";
import { basename, dirname, join, resolve } from "node:path";
import type { RunResult } from "../../verify/report/result.ts";
import { MATRIX_JSON } from "../report/record.ts";
import type { MatrixCell, MatrixResult } from "../report/result.ts";

/** The last rehearsal of a folder. */
export interface LastReport {
  readonly matrix: MatrixResult;
  /** The cells that failed, each with what its run left. */
  readonly failed: readonly FailedCell[];
}

export interface FailedCell {
  readonly cell: MatrixCell;
  /** The directory of its report, relative to that of matrix.json; null: its run left none. */
  readonly directory: string | null;
  /** Undefined: the file is not there, or cannot be read. */
  readonly result?: RunResult;
  readonly capture?: Buffer;
}

/**
 * The report of the last rehearsal in a directory of reports.
 * @returns why there is none, if so
 */
export async function matrixIn(directory: string): Promise<MatrixResult | string> {
  const file = join(directory, MATRIX_JSON);
  const text = await readFile(file, "utf8").catch(() => undefined);
  if (text === undefined) return `${file} is not there`;
  const matrix = parsed<MatrixResult>(text);
  return matrix?.format === "lvs-lab rehearsal" && matrix.version === 1
    ? matrix
    : `${file} is no report of this version of lvs-lab`;
}

/**
 * The report of a folder's last rehearsal in a directory of reports, with what its failed runs left.
 * @returns why there is none, if so
 */
export async function lastReportIn(directory: string, folder: string): Promise<LastReport | string> {
  const file = join(directory, MATRIX_JSON);
  const matrix = await matrixIn(directory);
  if (typeof matrix === "string") return `${matrix}: no run is in the archive`;
  if (basename(resolve(matrix.folder)) !== basename(resolve(folder)))
    return `${file} is of another folder, ${matrix.folder}: no run is in the archive`;
  return {
    matrix,
    failed: await Promise.all(matrix.cells.filter(({ passed }) => !passed).map((cell) => failedCell(directory, cell))),
  };
}

async function failedCell(root: string, cell: MatrixCell): Promise<FailedCell> {
  if (cell.report === null) return { cell, directory: null };
  const directory = dirname(cell.report);
  const text = await readFile(join(root, directory, "result.json"), "utf8").catch(() => undefined);
  const result = text === undefined ? undefined : parsed<RunResult>(text);
  const file = result?.series.capture?.file;
  const capture =
    file === undefined ? undefined : await readFile(join(root, directory, basename(file))).catch(() => undefined);
  return { cell, directory, ...(result ? { result } : {}), ...(capture ? { capture } : {}) };
}

function parsed<T>(text: string): T | undefined {
  try {
    return JSON.parse(text) as T;
  } catch {
    return undefined;
  }
}
