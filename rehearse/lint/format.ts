import { type Folder, placeText } from "../folder.ts";
import { type Finding, type Level, levels } from "./rule.ts";

/**
 * Findings for people: place, level, what is so, the fix, and at a rule's first finding why it matters and the source. No newline at the end.
 */
export function formatFindings(folder: Folder, findings: readonly Finding[]): string {
  const directors = folder.configurations.map(({ director }) => director);
  const explained = new Set<string>();
  const parts = findings.map((finding) => {
    const { rule, level, at, message, fix, also = [] } = finding;
    const line =
      folder
        .texts()
        .find(({ file }) => file === at.file)
        ?.text.split(/\r?\n/)[at.line - 1] ?? "";
    const text = [
      `${placeText(folder, at)}: ${level}: ${message} [${rule.id}]`,
      `  ${at.line} | ${line.trim()}`,
      ...also.map((place) => `  see ${placeText(folder, place)}`),
      ...(explained.has(rule.id) ? [] : [`  ${rule.why}`, `  Source: ${rule.source}`]),
      `  Fix: ${fix}`,
    ].join("\n");
    explained.add(rule.id);
    return text;
  });
  return [
    ...parts,
    `${folder.path}: ${directors.length === 1 ? "director" : "directors"} ${directors.join(", ")}: ${summaryOf(findings)}`,
  ].join("\n\n");
}

/** `2 errors, 1 warning`, or that nothing was found. */
export const summaryOf = (findings: readonly Finding[]): string => {
  const counts = levels.flatMap((level) => {
    const number = findings.filter((finding) => finding.level === level).length;
    return number === 0 ? [] : [`${number} ${level}${number === 1 ? "" : "s"}`];
  });
  return counts.length === 0 ? "nothing found" : counts.join(", ");
};

/** Findings for programs. Version 1: places are relative to the folder, lines count from 1. */
export const findingsAsJson = (folder: Folder, findings: readonly Finding[]) => ({
  format: "lvs-lab rehearse lint",
  version: 1,
  folder: folder.path,
  directors: folder.configurations.map(({ director, file }) => ({ name: director, file })),
  findings: findings.map(({ rule, level, at, message, fix, also = [] }) => ({
    rule: rule.id,
    ...{ level, file: at.file, line: at.line, message, fix },
    why: rule.why,
    source: rule.source,
    also: also.map(({ file, line }) => ({ file, line })),
  })),
});

/** Whether the findings are a failure: notes are none. */
export const fails = (findings: readonly Finding[]): boolean =>
  findings.some(({ level }) => level !== ("note" satisfies Level));
