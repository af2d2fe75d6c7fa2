import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { pageBundle } from "./bundle.ts";
import { reportDocument } from "./html/document.ts";
import { type JunitSuite, junit } from "./junit.ts";
import type { RunResult } from "./result.ts";
import { runSuite } from "./run-suite.ts";
import { writeWhole } from "./whole-file.ts";

/** The files of a report. All paths are below the directory that it was written to. */
export interface ReportPaths {
  readonly json: string;
  readonly junit: string;
  readonly html: string;
}

/**
 * Writes the report of a run: `result.json`, `junit.xml` and `report.html`. Each file is complete or absent, even if the process is killed.
 * result.json comes first: the others can be made from it.
 */
export async function writeReport(directory: string, result: RunResult): Promise<ReportPaths> {
  await mkdir(directory, { recursive: true });
  const json = join(directory, "result.json");
  const html = join(directory, "report.html");
  await writeWhole(json, `${JSON.stringify(result)}\n`);
  const written = await writeJunit(directory, [runSuite(result)]);
  await writeWhole(html, reportDocument(result, await pageBundle()));
  return { json, junit: written, html };
}

/** Writes `junit.xml`, and its directory if there is none. @returns its path */
export async function writeJunit(directory: string, suites: readonly JunitSuite[]): Promise<string> {
  await mkdir(directory, { recursive: true });
  const file = join(directory, "junit.xml");
  await writeWhole(file, junit(suites));
  return file;
}
