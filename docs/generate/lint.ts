import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { projectRoot } from "../../provision/paths.ts";
import type { Rule } from "../../rehearse/lint/rule.ts";
import { rules } from "../../rehearse/lint/rules/index.ts";

/** The page that this writes. */
export const lintDocsFile = join(projectRoot, "docs/lint.md");

/** docs/lint.md, from the rules themselves. */
export function lintDocs(): string {
  const rows = rules.map(({ id, level, title }) => `| [${id}](#${id}) | ${level} | ${title} |`);
  return `${[
    "# The rules of lint",
    "<!-- Written by `npm run docs` from rehearse/lint/rules/: change the rules, not this file. -->",
    intro,
    ["| rule | level | what it finds |", "|---|---|---|", ...rows].join("\n"),
    ...rules.map(section),
  ].join("\n\n")}\n`;
}

const intro = `[lvs-lab rehearse lint](cli.md#lvs-lab-rehearse) holds a folder of keepalived.conf files against these rules, all of it without a VM.
It finds misspelt keywords, wrong values, and what \`keepalived -t\` passes and people regret. [Before you roll it out](rehearse.md) says how to use it.

An \`error\`: keepalived does not do what the file says, or the directors do not work together. A \`warning\`: it does, and people regret it. A
\`note\`: the folder does not show whether it is right; notes alone are no failure. A comment \`# lint: allow RULE\` on the line, or alone on the line
before it, keeps a finding away. The rules are held against keepalived 2.2.7, which Debian 12 has, and 2.3.3 of Debian 13; where the two differ, they say so.`;

/** Rules have a file for each id. */
const section = ({ id, level, title, why, source }: Rule): string =>
  [
    `## ${id}`,
    // The title last: it may begin with a keyword, which is written in small letters.
    `${level === "error" ? "An error" : `A ${level}`}: ${title}.`,
    why,
    `Source: ${source}.`,
  ].join("\n\n");

if (import.meta.filename === process.argv[1]) await writeFile(lintDocsFile, lintDocs());
