import { existsSync } from "node:fs";
import { readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { projectRoot } from "../provision/paths.ts";
import { classPage } from "./class/page.ts";
import { CLASS } from "./class/points.ts";
import { chart } from "./harness/chart.ts";
import { type PartResult, type Results, readResults, resultsFile } from "./harness/results.ts";
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
  // Sizes of one class are no contenders.
  const svg = chart(Object.entries(results.parts).filter(([name]) => name !== CLASS));
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
    const text = name === "chart" ? chartText(withChart) : textOf(name, parts);
    return `<!-- bench ${name} -->\n\n${text}\n\n<!-- end ${name} -->`;
  });
}

const chartText = (isDrawn: boolean): string =>
  isDrawn
    ? "![Medians of wall time, whiskers from the fastest to the slowest run](benchmarks.svg)"
    : "No chart yet: nothing is recorded.";

/** What is computed from a part's record. */
const derived: Readonly<Record<string, { readonly from: string; text(part: PartResult): string }>> = {
  "class-plan": { from: CLASS, text: classPage },
};

/** The text of a place. */
function textOf(name: string, parts: Results["parts"]): string {
  const { from, text } = derived[name] ?? { from: name, text: markdownPart };
  const part = parts[from];
  return part ? text(part) : `Not recorded yet: \`npm run bench -- ${from}\`.`;
}

/** Writes page and chart. */
export async function writeBenchmarkDocs(): Promise<void> {
  const { page, svg } = await benchmarkDocs();
  await writeFile(benchmarkDocsFile, page);
  if (svg !== "") await writeFile(benchmarkChartFile, svg);
  else if (existsSync(benchmarkChartFile)) await rm(benchmarkChartFile);
}

if (import.meta.filename === process.argv[1]) await writeBenchmarkDocs();
