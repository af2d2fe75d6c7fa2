import { readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { projectRoot } from "../../provision/paths.ts";
import { type CatalogueEntry, catalogue, readExampleLabs } from "../../verify/checks/catalogue.ts";
import { checks } from "../../verify/checks/index.ts";
import { exercises } from "../../verify/grade/tasks.ts";

/** The page that this writes. */
export const checkDocsFile = join(projectRoot, "docs/checks.md");

/** docs/checks.md, from the checks themselves, with the textbook's labs for examples. */
export async function checkDocs(): Promise<string> {
  const files = await filesById();
  const entries = catalogue(checks, await readExampleLabs());
  const rows = entries.map(
    ({ id, role, controls, faulty, reboots, title }) =>
      `| [${id}](#${id}) | ${controls.join(", ")} | ${role} | ${reboots ? "**reboots it.** " : faulty ? "**breaks something for a moment.** " : ""}${title} |`,
  );
  return `${[
    "# The checks",
    "<!-- Written by `npm run docs` from verify/checks/: change the checks, not this file. -->",
    intro,
    ["| check | control | of | what it asserts |", "|---|---|---|---|", ...rows].join("\n"),
    ...entries.map((entry) => section(entry, files.get(entry.id) ?? "")),
  ].join("\n\n")}\n`;
}

const intro = `What must hold of a running lab, each fact by itself, in the article's order. [lvs-lab check](cli.md#lvs-lab-check) asserts them,
[lvs-lab grade](cli.md#lvs-lab-grade) makes tasks of them; \`lvs-lab check --list\` shows this page in the terminal. A check asserts what is the
case, not how it came about: steps that were typed by hand pass as the project's own do.

Examples are from the textbook's labs, [labs/dr.yaml](../labs/dr.yaml) and [labs/ha.yaml](../labs/ha.yaml), or from the first lab that a
check applies to. A manual lab is checked for what it is
to become. *Settles* is how long a check that fails is looked at again, since timers of VRRP and of health checks may not have run out yet.`;

function section({ id, title, role, controls, settles, proves, example }: CatalogueEntry, file: string): string {
  const points = controls.flatMap((control) =>
    exercises[control]
      .filter(({ check }) => check.id === id)
      .map((row) => `${row.points} in exercise ${control}${row.together ? ", for all of them together" : ""}`),
  );
  const facts = [
    `of: ${role === "client" ? "the client" : `each ${role === "director" ? "director" : "real server"}`}`,
    `control: ${controls.join(", ")}`,
    ...(settles > 0 ? [`settles: ${settles} s`] : []),
    `points: ${points.join("; ") || "none, it is no task of an exercise"}`,
  ];
  return [
    `## ${id}`,
    `${title}.`,
    proves,
    facts.map((fact) => `- ${fact}`).join("\n"),
    `By hand, on ${example.subject === "client" ? "the client" : example.subject}:`,
    ["```sh", ...example.byHand, "```"].join("\n"),
    `Expected: ${example.expected}.`,
    `If it is not so: ${example.hint.replace(/[.\s]*$/, "")}.`,
    `Source: [${file}](../${file}).`,
  ].join("\n\n");
}

/** The file that defines each check, relative to the project's root. */
async function filesById(): Promise<Map<string, string>> {
  const names = await readdir(join(projectRoot, "verify/checks"));
  const found = await Promise.all(
    names.map(async (name): Promise<[string, string][]> => {
      const file = `verify/checks/${name}`;
      const text = await readFile(join(projectRoot, file), "utf8");
      return [...text.matchAll(/^ {2}id: "([\w-]+)",$/gm)].map(([, id = ""]) => [id, file]);
    }),
  );
  return new Map(found.flat());
}

if (import.meta.filename === process.argv[1]) await writeFile(checkDocsFile, await checkDocs());
