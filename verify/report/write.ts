import { mkdir, open, rename, rm } from "node:fs/promises";
import { join } from "node:path";
import { pageBundle } from "./bundle.ts";
import { reportDocument } from "./html/document.ts";
import { junit } from "./junit.ts";
import type { RunResult } from "./result.ts";
import { runSuite } from "./run-suite.ts";

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

/** Writes aside, syncs to disk, and renames. The next write overwrites a temporary file that a killed process has left. */
async function writeWhole(path: string, text: string): Promise<void> {
  const aside = `${path}.part`;
  try {
    const file = await open(aside, "w");
    try {
      await file.writeFile(text);
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(aside, path);
  } catch (cause) {
    await rm(aside, { force: true });
    throw new Error(`cannot write ${path}: give a directory that can be written, with room on its disk`, { cause });
  }
}
