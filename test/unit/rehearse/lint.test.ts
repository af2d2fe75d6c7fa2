import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { readFolder } from "../../../rehearse/folder.ts";
import { lint } from "../../../rehearse/lint/index.ts";
import { rules } from "../../../rehearse/lint/rules/index.ts";

/** A folder for each rule: `found` trips it on the lines that a comment marks with its name, `fine` beside it does not. */
const cases = join(import.meta.dirname, "lint");

/** The places that a folder's comments mark with a rule's name, as `file:line`. */
function marked(folder: string, rule: string): string[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .flatMap((entry) => {
      const path = join(entry.parentPath, entry.name);
      return readFileSync(path, "utf8")
        .split("\n")
        .flatMap((line, index) =>
          line.endsWith(`# ${rule}`) ? [`${path.slice(folder.length + 1)}:${index + 1}`] : [],
        );
    })
    .sort();
}

const found = (folder: string, rule: string): string[] =>
  lint(readFolder(folder))
    .filter((finding) => finding.rule.id === rule)
    .map(({ at }) => `${at.file}:${at.line}`)
    .sort();

describe("each rule finds what it is for, and nothing beside it", () => {
  test("every rule has its cases", () => {
    expect(readdirSync(cases).sort()).toEqual(rules.map(({ id }) => id).sort());
  });

  test.each(rules.map(({ id }) => id))("%s", (id) => {
    const lines = marked(join(cases, id, "found"), id);
    expect(lines).not.toEqual([]);
    expect(found(join(cases, id, "found"), id)).toEqual(lines);
    expect(found(join(cases, id, "fine"), id)).toEqual([]);
    expect(marked(join(cases, id, "fine"), id)).toEqual([]);
  });

  /** What keepalived itself tells: such a finding where nothing is meant to be wrong is the rule's mistake. */
  const told = new Set([
    ...[
      "unreadable",
      "unknown-keyword",
      "invalid-value",
      "invalid-address",
      "does-not-start",
      "defined-twice",
      "given-twice",
    ],
    ...[
      "track-ignored",
      "no-real-server",
      "virtual-server-option-ignored",
      "persistence-netmask",
      "unicast-without-peer",
    ],
  ]);

  test.each(rules.map(({ id }) => id))("keepalived takes all that is fine for %s", (id) => {
    const findings = lint(readFolder(join(cases, id, "fine"))).filter(({ rule }) => told.has(rule.id));
    const meant = id === "ha-suspend-in-group" ? ["virtual-server-option-ignored"] : [];
    expect(findings.map(({ rule }) => rule.id)).toEqual(meant);
  });
});
