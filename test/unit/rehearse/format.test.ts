import { join } from "node:path";
import { expect, test } from "vitest";
import { readFolder } from "../../../rehearse/folder.ts";
import { formatFindings } from "../../../rehearse/lint/format.ts";
import { lint } from "../../../rehearse/lint/index.ts";

test("why and source of a rule stand at its first finding alone, the fix at each", () => {
  const folder = readFolder(join(import.meta.dirname, "lint/unicast-one-sided/found"));
  const [finding] = lint(folder);
  if (!finding) throw new Error("nothing found");
  const second = { ...finding, message: "a second one" };
  const [first, again, summary, ...rest] = formatFindings(folder, [finding, second]).split("\n\n");
  expect(first).toContain(`  ${finding.rule.why}\n  Source: ${finding.rule.source}\n  Fix: ${finding.fix}`);
  expect(again).toContain(`error: a second one [${finding.rule.id}]`);
  expect(again).toContain(`Fix: ${finding.fix}`);
  expect(again).not.toContain(finding.rule.why);
  expect(again).not.toContain("Source:");
  expect(summary).toContain("2 errors");
  expect(rest).toEqual([]);
});
