/**
 * `npm run bench:guard -- FILE`: compares the ratios of a run (`npm run bench -- idle --json FILE`) with the recorded ones of
 * docs/benchmarks.json. Exit status 1 when one is worse by more than the limit, 2 when there is nothing to compare. Measures nothing itself.
 *
 *     npm run bench:guard -- FILE [--limit 25]
 */
import { existsSync } from "node:fs";
import { parseArgs } from "node:util";
import { judge } from "./harness/ratios.ts";
import { readResults, resultsFile } from "./harness/results.ts";

/** Percent. The fastest of a few runs differ by about five. */
const LIMIT = "25";

process.exitCode = await main();

async function main(): Promise<number> {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      limit: { type: "string", default: LIMIT },
      recorded: { type: "string", default: resultsFile },
    },
  });
  const [file] = positionals;
  const limit = Number(values.limit) / 100;
  if (file === undefined || !existsSync(file) || !(limit > 0)) {
    console.error(
      file !== undefined && !existsSync(file)
        ? `${file} is not there: \`npm run bench -- idle --json ${file}\` writes it`
        : "usage: npm run bench:guard -- FILE [--limit PERCENT] [--recorded FILE]",
    );
    return 2;
  }
  const verdicts = judge(await readResults(values.recorded), await readResults(file));
  if (verdicts.length === 0) {
    console.error(`${file} and ${values.recorded} have no ratio in common: measure \`idle\` or \`provision\` in both`);
    return 2;
  }
  for (const { ratio, recorded, now, loss } of verdicts)
    console.log(
      `${loss > limit ? "FAIL" : "ok  "} ${ratio.name}: ${now.toFixed(2)}, recorded ${recorded.toFixed(2)} (${loss > 0 ? "+" : ""}${(loss * 100).toFixed(0)} %)`,
    );
  return verdicts.some(({ loss }) => loss > limit) ? 1 : 0;
}
