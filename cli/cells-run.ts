import { relative } from "node:path";
import type { Lab } from "../lab/index.ts";
import { formatDuration } from "../lab/yaml/duration.ts";
import { LabHostDownError } from "../provision/host/reach.ts";
import { brokenRow, type Cell, cellWords, eventWords, type Row, rowOf } from "../rehearse/matrix/index.ts";
import type { Budgets } from "../rehearse/plan/plan.ts";
import type { MatrixRecord } from "../rehearse/report/record.ts";
import { InterruptedError } from "../verify/live/interruptible.ts";
import type { JunitSuite } from "../verify/report/junit.ts";
import type { RunResult } from "../verify/report/result.ts";
import { runSuite } from "../verify/report/run-suite.ts";
import { reportOf } from "./report-error.ts";

/** The runs of a matrix. */
export interface CellsRun {
  readonly rows: readonly Row[];
  readonly suites: readonly JunitSuite[];
  /** The cells that were not run. */
  readonly left: readonly Cell[];
}

/** How the cells of a matrix are run. */
export interface CellsOptions {
  readonly lab: Lab;
  /** Runs a cell's scenario and writes its report. */
  run(cell: Cell): Promise<{ readonly result: RunResult; readonly paths: { readonly html: string } }>;
  readonly record: Pick<MatrixRecord, "add" | "addBroken" | "end">;
  readonly budgets?: Budgets | undefined;
  /** How long all runs may take, in milliseconds: one that would end later does not begin. */
  readonly budgetMs?: number | undefined;
  /** How long each run is likely to take, in milliseconds, as far as it is known. */
  readonly times?: ReadonlyMap<Cell, number>;
  readonly signal: AbortSignal;
  say(line: unknown): void;
}

/** Runs that find a service not served, one after the other, before no further one begins: each waits for it a minute. */
const ENOUGH = 2;

/**
 * Runs cells one after the other, and records each when it is done. A cell whose run ends with an error has failed, and the next one begins.
 * @throws InterruptedError if a signal ends it between two runs; LabHostDownError if there is nothing left to run on
 */
export async function runCells(
  cells: readonly Cell[],
  { lab, run, record, budgets, budgetMs, times, signal, say }: CellsOptions,
): Promise<CellsRun> {
  const begun = performance.now();
  const rows: Row[] = [];
  const suites: JunitSuite[] = [];
  let end = { finished: true, reason: "" };
  // By service: how many runs in a row have found it not served, so that nothing could be broken.
  const unserved = new Map<string, number>();
  for (const [index, cell] of cells.entries()) {
    if (signal.aborted) await record.end({ finished: false, reason: "it was interrupted before" });
    signal.throwIfAborted();
    const ends = performance.now() - begun + (times?.get(cell) ?? 0);
    if (budgetMs !== undefined && ends > budgetMs) {
      end = { finished: true, reason: `it would have ended after the budget of ${formatDuration(budgetMs)}` };
      break;
    }
    const { service } = cell;
    say(`[${index + 1}/${cells.length}] ${cellWords(cell)}, ${service.name}`);
    const startedAt = new Date();
    const done =
      (unserved.get(service.name) ?? 0) < ENOUGH
        ? await run(cell).catch((error: unknown) => brokenBy(error, say))
        : `the ${ENOUGH} runs of ${service.name} before it found it not served, and broke nothing`;
    if (typeof done === "string") {
      const row = brokenRow(cell, lab, done);
      rows.push(row);
      suites.push(brokenSuite(row, startedAt));
      await record.addBroken(cell, row, startedAt);
      continue;
    }
    const { result, paths } = done;
    const isBroken = result.steps.some(({ kind }) => kind === "fault");
    unserved.set(service.name, isBroken ? 0 : (unserved.get(service.name) ?? 0) + 1);
    const row = rowOf(cell, result, relative(process.cwd(), paths.html), budgets);
    rows.push(row);
    suites.push(runSuite(result));
    await record.add(cell, row, result, paths.html);
    if (result.interrupted !== undefined) {
      end = { finished: false, reason: `the run before it was ended by ${result.interrupted}` };
      break;
    }
  }
  await record.end(end);
  return { rows, suites, left: cells.slice(rows.length) };
}

/** What ended a run, in words. @throws the error itself if no other run could be better */
function brokenBy(error: unknown, say: CellsOptions["say"]): string {
  if (error instanceof InterruptedError || error instanceof LabHostDownError) throw error;
  const { shown } = reportOf(error);
  say(shown);
  return typeof shown === "string" ? shown.replace(/^lvs-lab: /, "") : String(error);
}

/** A run that did not come to its end, for JUnit. */
const brokenSuite = (row: Row, startedAt: Date): JunitSuite => {
  const seconds = (Date.now() - startedAt.getTime()) / 1000;
  const [message = ""] = row.failures;
  const failure = { message, detail: message };
  return {
    name: `${eventWords(row)}, ${row.service}`,
    timestamp: startedAt.toISOString(),
    seconds,
    cases: [{ name: "the run reaches its end", classname: `lvs-lab.rehearse.${row.event}`, seconds, failure }],
  };
};
