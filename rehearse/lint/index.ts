import { directorOf } from "../directors/director.ts";
import { virtualRoutersOf } from "../directors/virtual-router.ts";
import type { Folder } from "../folder.ts";
import { type Finding, levels, type Subject } from "./rule.ts";
import { rules } from "./rules/index.ts";

/** What rules see of a folder. */
export function subjectOf(folder: Folder): Subject {
  const directors = folder.configurations.map(directorOf);
  return { folder, directors, routers: virtualRoutersOf(directors) };
}

/**
 * All findings of all rules, in the order of files and lines. A comment `# lint: allow RULE` on the line, or alone on the line before it, keeps a
 * finding away.
 */
export function lint(folder: Folder): Finding[] {
  const subject = subjectOf(folder);
  const found = rules.flatMap((rule) =>
    [...rule.look(subject)].map((one) => ({ level: rule.level, ...one, rule }) satisfies Finding),
  );
  const allowed = allowances(folder);
  return unique(found)
    .filter(({ at, rule }) => !allowed.get(at.file)?.get(at.line)?.has(rule.id))
    .sort(
      (one, other) =>
        one.at.file.localeCompare(other.at.file) ||
        one.at.line - other.at.line ||
        levels.indexOf(one.level) - levels.indexOf(other.level),
    );
}

/** Without those that two directors of one file share. */
const unique = (findings: readonly Finding[]): Finding[] => [
  ...new Map(
    findings.map((finding) => [
      [finding.rule.id, finding.at.file, finding.at.line, finding.message].join("\n"),
      finding,
    ]),
  ).values(),
];

/** The rules that comments allow, by file and line. */
function allowances(folder: Folder): Map<string, Map<number, Set<string>>> {
  return new Map(
    folder.texts().map(({ file, text }) => {
      const lines = new Map<number, Set<string>>();
      for (const [index, line] of text.split("\n").entries()) {
        const [, before = "", ids = ""] = /^(.*?)[#!][ \t]*lint: allow ([\w, -]+)/.exec(line) ?? [];
        if (ids === "") continue;
        const number = before.trim() === "" ? index + 2 : index + 1;
        lines.set(number, new Set([...(lines.get(number) ?? []), ...ids.split(/[ ,]+/)]));
      }
      return [file, lines] as const;
    }),
  );
}
