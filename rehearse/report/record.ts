import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import type { Lab } from "../../lab/index.ts";
import { pageBundle } from "../../verify/report/bundle.ts";
import { pageData } from "../../verify/report/html/shell.ts";
import type { PageData } from "../../verify/report/page/data.ts";
import type { RunResult } from "../../verify/report/result.ts";
import { writeWhole } from "../../verify/report/whole-file.ts";
import { directorOf } from "../directors/director.ts";
import type { Folder } from "../folder.ts";
import { lint } from "../lint/index.ts";
import type { Finding } from "../lint/rule.ts";
import type { Cell, Row } from "../matrix/index.ts";
import type { Plan } from "../plan/plan.ts";
import { neverRunIn } from "../plan/running.ts";
import { brokenCell, cellOf } from "./cell.ts";
import { matrixDocument } from "./document.ts";
import { cellsLeftOut, cellsWaiting } from "./not-run.ts";
import type { CellsNotRun, MatrixCell, MatrixFinding, MatrixResult, MatrixVersions } from "./result.ts";

/** The files of a rehearsal's report, in the directory of the reports. */
export const MATRIX_JSON = "matrix.json";
export const MATRIX_HTML = "matrix.html";

/** What is known of a rehearsal before its first cell. */
export interface Rehearsal {
  readonly folder: Folder;
  readonly plan: Plan;
  readonly stack: string;
  readonly lab: Lab;
  readonly versions: MatrixVersions;
  /** The cells to run, in their order. */
  readonly cells: readonly Cell[];
  /** The directory of the reports. */
  readonly directory: string;
}

/** The report of a rehearsal while it runs. Its files are written at the start, after each cell and at the end, so that one that is killed leaves them. */
export class MatrixRecord {
  readonly html: string;
  readonly #rehearsal: Rehearsal;
  readonly #startedAt = new Date();
  readonly #findings: readonly MatrixFinding[];
  /** Events without a cell to run, with the reasons. Cells that wait for their turn are not among them. */
  readonly leftOut: readonly CellsNotRun[];
  readonly #left: Cell[];
  readonly #cells: MatrixCell[] = [];
  /** What the page draws of each cell's run; null: it has none. */
  readonly #runs: (PageData | null)[] = [];

  private constructor(rehearsal: Rehearsal) {
    const { folder, plan, lab, cells, directory } = rehearsal;
    this.#rehearsal = rehearsal;
    this.html = join(directory, MATRIX_HTML);
    this.#left = [...cells];
    this.#findings = findingsIn(lint(folder));
    const directors = folder.configurations.map(directorOf);
    this.leftOut = cellsLeftOut(lab, cells, { directors, neverRun: neverRunIn(plan, { folder, directors }) });
  }

  /** Begins the report. */
  static async begin(rehearsal: Rehearsal): Promise<MatrixRecord> {
    const record = new MatrixRecord(rehearsal);
    await mkdir(rehearsal.directory, { recursive: true });
    await record.#write({ finished: false, reason: WAITING });
    return record;
  }

  /** Adds a cell that was run. @param report the page of its run's report */
  async add(cell: Cell, row: Row, result: RunResult, report: string): Promise<void> {
    const { directory } = this.#rehearsal;
    await this.#add(cell, cellOf(cell, row, result, { directory, report }), pageData(result));
  }

  /** Adds a cell whose run did not come to its end. @param startedAt when it began */
  async addBroken(cell: Cell, row: Row, startedAt: Date): Promise<void> {
    const times = { startedAt: startedAt.toISOString(), durationMs: Date.now() - startedAt.getTime() };
    await this.#add(cell, brokenCell(cell, row, times), null);
  }

  async #add(cell: Cell, done: MatrixCell, run: PageData | null): Promise<void> {
    this.#left.splice(this.#left.indexOf(cell), 1);
    this.#cells.push(done);
    this.#runs.push(run);
    await this.#write({ finished: false, reason: WAITING });
  }

  /** Ends the report. `reason`: why the cells that are left are not run. */
  async end({ finished, reason }: { readonly finished: boolean; readonly reason: string }): Promise<void> {
    await this.#write({ finished, reason });
  }

  async #write({ finished, reason }: { readonly finished: boolean; readonly reason: string }): Promise<void> {
    const { folder, stack, versions, directory } = this.#rehearsal;
    const result: MatrixResult = {
      format: "lvs-lab rehearsal",
      version: 1,
      folder: folder.path,
      stack,
      startedAt: this.#startedAt.toISOString(),
      finished,
      passed: this.#cells.every(({ passed }) => passed),
      versions,
      findings: this.#findings,
      cells: this.#cells,
      notRun: [...cellsWaiting(this.#left, reason), ...this.leftOut],
    };
    await writeWhole(join(directory, MATRIX_JSON), `${JSON.stringify(result, null, 2)}\n`);
    await writeWhole(this.html, matrixDocument(result, this.#runs, await pageBundle()));
  }
}

const WAITING = "it was not its turn when this was written";

/** Findings of lint for the report. */
export const findingsIn = (findings: readonly Finding[]): MatrixFinding[] =>
  findings.map(({ rule, level, at, message, fix }) => ({
    rule: rule.id,
    ...{ level, file: at.file, line: at.line, message, fix },
  }));
