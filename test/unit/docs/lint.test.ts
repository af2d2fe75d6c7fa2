import { readFile } from "node:fs/promises";
import { expect, test } from "vitest";
import { lintDocs, lintDocsFile } from "../../../docs/generate/lint.ts";
import { rules } from "../../../rehearse/lint/rules/index.ts";

test("docs/lint.md is what `npm run docs` writes", async () => {
  expect(await readFile(lintDocsFile, "utf8")).toBe(lintDocs());
});

test("docs/lint.md has a section for every rule", () => {
  const [, ...sections] = lintDocs().split(/^## /m);
  expect(sections.map((text) => text.split("\n")[0])).toEqual(rules.map(({ id }) => id));
});
