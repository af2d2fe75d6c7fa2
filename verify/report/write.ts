import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { pageBundle } from "./bundle.ts";
import { reportDocument } from "./html/document.ts";
import { junit } from "./junit.ts";
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
  const paths = {
    json: join(directory, "result.json"),
    junit: join(directory, "junit.xml"),
    html: join(directory, "report.html"),
  };
  await writeWhole(paths.json, `${JSON.stringify(result)}\n`);
  await writeWhole(paths.junit, junit([runSuite(result)]));
  await writeWhole(paths.html, reportDocument(result, await pageBundle()));
  return paths;
}
