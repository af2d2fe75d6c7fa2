import { existsSync } from "node:fs";
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { expect } from "vitest";
import type { RunResult } from "../../verify/report/result.ts";
import type { TestStack } from "./stack.ts";

/** What a scenario's run has reported, with the paths of its files. */
export type ReportedRun = Omit<RunResult, "series"> & { report: { json: string; html: string; junit: string } };

/** The report of a scenario that was run before. */
export async function reported({ name, reports }: TestStack, scenario: string): Promise<ReportedRun> {
  const directory =
    (await readdir(reports)).filter((entry) => entry.endsWith(`-${name}-${scenario}`)).at(-1) ?? scenario;
  const [json, html, junit] = ["result.json", "report.html", "junit.xml"].map((file) => join(reports, directory, file));
  const result = JSON.parse(await readFile(json as string, "utf8")) as RunResult;
  return { ...result, report: { json, html, junit } as ReportedRun["report"] };
}

/** The diagnosis that each of these scenarios is to get. */
const named = {
  "director-down": "master-crash",
  "director-frozen": "frozen-director",
  "split-brain": "split-brain",
  "rogue-router": "rogue-router",
  "wrong-password": "wrong-password",
};

/** Insists that a run got its diagnosis and, but for a wrong password, none of the others; and that its files are there. */
export function expectDiagnosis(run: ReportedRun): void {
  const wanted = named[run.scenario.name as keyof typeof named];
  const ids = run.diagnoses.map(({ id }) => id as string);
  expect(ids, run.scenario.name).toContain(wanted);
  const others = Object.values(named).filter((id) => id !== wanted && ids.includes(id));
  if (wanted !== "wrong-password") expect(others, run.scenario.name).toEqual([]);
  for (const file of [run.report.json, run.report.html, run.report.junit]) expect(existsSync(file), file).toBe(true);
}
