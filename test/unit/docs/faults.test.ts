import { readFile } from "node:fs/promises";
import { expect, test } from "vitest";
import { faultDocs, faultDocsFile } from "../../../docs/generate/faults.ts";
import { faults } from "../../../verify/faults/index.ts";

test("docs/faults.md is what `npm run docs` writes", async () => {
  expect(await readFile(faultDocsFile, "utf8")).toBe(faultDocs());
});

test("docs/faults.md has a section for every fault, with each of its parameters and the way back", () => {
  const [, ...sections] = faultDocs().split(/^## /m);
  expect(sections.map((text) => text.split("\n")[0])).toEqual(faults.map(({ id }) => id));
  for (const [index, { parameters, byHand }] of faults.entries()) {
    const listed = [...(sections[index]?.matchAll(/^\| `(\w+)` \|/gm) ?? [])].map(([, name]) => name);
    expect(listed).toEqual(Object.keys(parameters.shape));
    for (const text of [byHand.inject, byHand.heal]) expect(sections[index]).toContain(`\`\`\`text\n${text}\n`);
  }
});
