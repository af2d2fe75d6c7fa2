import { readFile } from "node:fs/promises";
import { expect, test } from "vitest";
import { reportDocs, reportDocsFile } from "../../../docs/generate/reports.ts";

test("docs/report.md has the fields of result.json as `npm run docs` writes them", async () => {
  expect(await readFile(reportDocsFile, "utf8")).toBe(await reportDocs());
});
