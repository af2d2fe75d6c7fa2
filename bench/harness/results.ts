import { existsSync } from "node:fs";
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { isDeepStrictEqual } from "node:util";
import { projectRoot } from "../../provision/paths.ts";
import type { Machine } from "./machine.ts";
import type { Row } from "./measured.ts";

/** One part of the benchmark, as last measured. */
export interface PartResult {
  /** ISO 8601. */
  readonly date: string;
  readonly commit: string;
  readonly machine: Machine;
  /** Remarks on this run: a missing contender, a promise to compare with. */
  readonly notes: readonly string[];
  readonly rows: readonly Row[];
}

/** docs/benchmarks.json. */
export interface Results {
  readonly format: "lvs-lab benchmarks";
  readonly version: 1;
  readonly parts: Readonly<Record<string, PartResult>>;
}

export const resultsFile = join(projectRoot, "docs/benchmarks.json");

export const noResults: Results = { format: "lvs-lab benchmarks", version: 1, parts: {} };

/** Reads a file of results; a missing file has none. @throws when it has another format */
export async function readResults(file: string): Promise<Results> {
  if (!existsSync(file)) return noResults;
  const found = JSON.parse(await readFile(file, "utf8")) as Results;
  if (found.format !== "lvs-lab benchmarks" || found.version !== 1)
    throw new Error(`${file} holds no results of \`npm run bench\` in version 1: name another file, or remove it`);
  return found;
}

/** Replaces the measured parts; the others stay. */
export const merged = (before: Results, parts: Readonly<Record<string, PartResult>>): Results => ({
  ...before,
  parts: { ...before.parts, ...parts },
});

/** The rows of an earlier run that may stand beside today's: those of the same commit on the same machine. */
export function keptRows(
  before: PartResult | undefined,
  { commit, machineNow }: { commit: string; machineNow(acceleration?: string): Machine },
): readonly Row[] {
  const isSame =
    before?.commit === commit && isDeepStrictEqual(before.machine, machineNow(before.machine.acceleration));
  return isSame ? before.rows : [];
}

export const writeResults = (file: string, results: Results): Promise<void> =>
  writeFile(file, `${JSON.stringify(results, null, 2)}\n`);
