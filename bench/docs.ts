import { existsSync } from "node:fs";
import { readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { projectRoot } from "../provision/paths.ts";
import { chart } from "./harness/chart.ts";
import { type Results, readResults, resultsFile } from "./harness/results.ts";
import { markdownPart } from "./harness/tables.ts";

/** The page whose tables this program writes. */
export const benchmarkDocsFile = join(projectRoot, "docs/benchmarks.md");

/** The chart beside it; missing if there is nothing to draw. */
export const benchmarkChartFile = join(projectRoot, "docs/benchmarks.svg");

/** Markers of generated text: `<!-- bench NAME -->` to `<!-- end NAME -->`. */
const place = /<!-- bench ([\w-]+) -->[\s\S]*?<!-- end \1 -->/g;

/** Writes docs/benchmarks.md and its chart from docs/benchmarks.json. Text outside the markers stays. */
export async function benchmarkDocs(): Promise<{ page: string; svg: string }> {
  const results = await readResults(resultsFile);
  const svg = chart(Object.entries(results.parts));
  return { page: filled(await readFile(benchmarkDocsFile, "utf8"), results, svg !== ""), svg };
}

/** A page with its generated text. @throws when a measured part has no markers */
export function filled(page: string, { parts }: Results, withChart: boolean): string {
  const places = new Set([...page.matchAll(place)].map(([, name]) => name));
  const homeless = Object.keys(parts).filter((name) => !places.has(name));
  if (homeless.length > 0)
    throw new Error(
      `${benchmarkDocsFile} has no place for ${homeless.join(", ")}: put "<!-- bench NAME -->" and "<!-- end NAME -->" in`,
    );
  return page.replace(place, (_all, name: string) => {
    const part = parts[name];
    const text =
      name === "chart"
        ? withChart
          ? "![Medians of wall time, whiskers from the fastest to the slowest run](benchmarks.svg)"
          : "No chart yet: nothing is recorded."
        : part
          ? markdownPart(part)
          : `Not recorded yet: \`npm run bench -- ${name}\`.`;
    return `<!-- bench ${name} -->\n\n${text}\n\n<!-- end ${name} -->`;
  });
}

/** Writes page and chart. */
export async function writeBenchmarkDocs(): Promise<void> {
  const { page, svg } = await benchmarkDocs();
  await writeFile(benchmarkDocsFile, page);
  if (svg !== "") await writeFile(benchmarkChartFile, svg);
  else if (existsSync(benchmarkChartFile)) await rm(benchmarkChartFile);
}

if (import.meta.filename === process.argv[1]) await writeBenchmarkDocs();
