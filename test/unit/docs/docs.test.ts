import { existsSync } from "node:fs";
import { readdir, readFile } from "node:fs/promises";
import { dirname, join, relative } from "node:path";
import { Command } from "commander";
import { describe, expect, test } from "vitest";
import { parseClass } from "../../../class/file.ts";
import { parseRoster } from "../../../class/roster.ts";
import { classSchema } from "../../../class/schema.ts";
import { varyParts } from "../../../class/vary/index.ts";
import { exitStatus } from "../../../cli/exit-status.ts";
import { checkDocs, checkDocsFile } from "../../../docs/generate/checks.ts";
import { resourceDocs, resourceDocsFile } from "../../../docs/generate/resources.ts";
import { arpCures, FileError, formatFileError, forwardingMethods, parseLab } from "../../../lab/index.ts";
import { schedulingMethods } from "../../../lab/schedulers/index.ts";
import { labSchema } from "../../../lab/schema.ts";
import { propertyPaths } from "../../../lab/yaml/schema.ts";
import { projectRoot } from "../../../provision/paths.ts";
import { checks } from "../../../verify/checks/index.ts";
import { faults } from "../../../verify/faults/index.ts";
import { diagnoses } from "../../../verify/scenarios/expectations/diagnosis.ts";
import { expectationNames } from "../../../verify/scenarios/expectations/index.ts";
import { findScenario, parseScenario, readScenario, scenarioNames } from "../../../verify/scenarios/index.ts";
import { scenarioSchema } from "../../../verify/scenarios/schema.ts";

const docs = join(projectRoot, "docs");
const files = [
  ...["README.md", "CONTRIBUTING.md", "CHANGELOG.md"].map((name) => join(projectRoot, name)),
  ...(await readdir(docs)).filter((name) => name.endsWith(".md")).map((name) => join(docs, name)),
];
const pages = await Promise.all(
  files.map(async (file) => ({ file, name: relative(projectRoot, file), text: await readFile(file, "utf8") })),
);
const page = (name: string): string => pages.find((one) => one.name === name)?.text ?? "";

/** What a page shows as code: fenced blocks and inline spans. */
const codeOf = (text: string): string[] => [
  ...[...text.matchAll(/^```.*\n([\s\S]*?)^```$/gm)].map(([, block = ""]) => block),
  ...[...text.replace(/^```[\s\S]*?^```$/gm, "").matchAll(/`([^`\n]+)`/g)].map(([, span = ""]) => span),
];

/** The anchors of a page's headings, as GitHub makes them. */
const anchorsOf = (text: string): string[] =>
  [...text.replace(/^```[\s\S]*?^```$/gm, "").matchAll(/^#+ (.+)$/gm)].map(([, heading = ""]) =>
    heading
      .toLowerCase()
      .replace(/[^\p{L}\p{N} _-]/gu, "")
      .replaceAll(" ", "-"),
  );

/** The rows of the table of a page that begins with this heading. */
const tableOf = (text: string, heading: string): string =>
  new RegExp(`^\\| ${heading} \\|[^]*?\n\n`, "m").exec(text)?.[0] ?? "";

/** The paths that lead to a value, of all that lead to something. */
const leavesOf = (paths: readonly string[]): string[] =>
  paths.filter(
    (path) => !paths.some((other) => /^(\[\])?\./.test(other.startsWith(path) ? other.slice(path.length) : "")),
  );

/** What reading a file says of it. */
function saidOf(read: () => unknown): string {
  try {
    read();
    return "";
  } catch (error) {
    if (!(error instanceof FileError)) throw error;
    return formatFileError(error);
  }
}

/** The first column of a page's tables, where it is code. */
const firstCells = (text: string): string[] =>
  [...text.matchAll(/^\| `([^`]+)` \|/gm)].map(([, cell = ""]) => cell).sort();

const program = new Command().enablePositionalOptions();
const main = await readFile(join(projectRoot, "cli/main.ts"), "utf8");
for (const [, names = "", file = ""] of main.matchAll(
  /^import \{ ([\w, ]+) \} from "\.\/(commands\/[\w-]+\.ts)";$/gm,
)) {
  const module = (await import(join(projectRoot, "cli", file))) as Record<string, (program: Command) => void>;
  for (const name of names.split(", ")) module[name]?.(program);
}
/** A command and all below it. */
const withAllBelow = (command: Command): Command[] => [command, ...command.commands.flatMap(withAllBelow)];
const commands = program.commands.map((command) => command.name()).sort();

describe.each(pages)("$name", ({ file, text }) => {
  test("leads to files and headings that are there", () => {
    const targets = [...text.matchAll(/\]\(([^)\s]+)\)/g)].map(([, target = ""]) => target);
    const broken = targets
      .filter((target) => !/^https?:/.test(target))
      .filter((target) => {
        const [path = "", anchor] = target.split("#");
        const linked = path === "" ? file : join(dirname(file), path);
        if (!existsSync(linked)) return true;
        return (
          anchor !== undefined && !anchorsOf(pages.find((one) => one.file === linked)?.text ?? "").includes(anchor)
        );
      });
    expect(broken).toEqual([]);
  });

  test("names npm scripts that are there", async () => {
    const { scripts } = JSON.parse(await readFile(join(projectRoot, "package.json"), "utf8"));
    const named = codeOf(text).flatMap((code) =>
      [...code.matchAll(/\bnpm (?:run ([\w:]+)|test\b)/g)].map(([, script = "test"]) => script),
    );
    expect(named.filter((name) => !(name in scripts))).toEqual([]);
  });

  test("names commands of lvs-lab that are there", () => {
    const named = codeOf(text).flatMap((code) =>
      [...code.matchAll(/(?<![\w/."-])lvs-lab ([a-z][\w-]*)/g)].map(([, name = ""]) => name),
    );
    expect(named.filter((name) => !commands.includes(name))).toEqual([]);
  });
});

test("docs/resources.md is what `npm run docs` writes", async () => {
  expect(await readFile(resourceDocsFile, "utf8")).toBe(await resourceDocs());
});

describe("docs/checks.md", () => {
  test("is what `npm run docs` writes", async () => {
    expect(await readFile(checkDocsFile, "utf8")).toBe(await checkDocs());
  });

  test("has a section for every check, and no other, each with its source", () => {
    const text = page("docs/checks.md");
    const sections = [...text.matchAll(/^## (\S+)$/gm)].map(([, id = ""]) => id);
    expect(sections).toEqual(checks.map(({ id }) => id));
    expect([...text.matchAll(/^Source: \[verify\/checks\/[\w-]+\.ts\]/gm)]).toHaveLength(checks.length);
  });
});

describe("docs/cli.md", () => {
  const text = page("docs/cli.md");

  test("has a section for every command, and no other", () => {
    const sections = [...text.matchAll(/^## lvs-lab (\S+)$/gm)].map(([, name = ""]) => name);
    expect(sections.sort()).toEqual(commands);
  });

  test("names every option of every command", () => {
    const missing = program.commands.flatMap((command) => {
      const [, section = ""] =
        new RegExp(`^## lvs-lab ${command.name()}$([^]*?)(?=^## |$(?![^]))`, "m").exec(text) ?? [];
      const options = withAllBelow(command).flatMap((one) => one.options.map(({ long }) => long ?? ""));
      // Those that many commands have are said once, above.
      const here = options.filter((long) => !["--stack", "--json"].includes(long));
      return here.filter((long) => !section.includes(`\`${long}`)).map((long) => `${command.name()} ${long}`);
    });
    expect(missing).toEqual([]);
    expect(text).toMatch(/^- `-s`, `--stack NAME`/m);
    expect(text).toMatch(/^- `-j`, `--json`/m);
  });

  test("names every command of the groups", () => {
    const groups = program.commands.filter(({ commands: below }) => below.length > 0);
    expect(groups.map((group) => group.name())).toEqual(["class", "fault", "rehearse", "scenario"]);
    const below = groups.flatMap((group) => group.commands.map((command) => `${group.name()} ${command.name()}`));
    expect(below.filter((name) => !text.includes(`\`lvs-lab ${name}`))).toEqual([]);
  });

  test("lists every npm script, and no other", async () => {
    const { scripts } = JSON.parse(await readFile(join(projectRoot, "package.json"), "utf8"));
    const listed = firstCells(text).flatMap((cell) => /^npm (?:run )?(\S+)$/.exec(cell)?.[1] ?? []);
    expect(listed.sort()).toEqual(Object.keys(scripts).sort());
  });

  test("lists every exit status, and no other", () => {
    const listed = [...text.matchAll(/^\| (\d+) \|/gm)].map(([, status]) => Number(status));
    expect(listed).toEqual(Object.values(exitStatus));
  });
});

describe("docs/lab-file.md", () => {
  const text = page("docs/lab-file.md");

  test("lists every property, and no other", () => {
    const leaves = leavesOf(propertyPaths(labSchema));
    expect(firstCells(text)).toEqual(leaves.sort());
  });

  test("shows what `lvs-lab validate` says of its example", () => {
    const [, yaml = ""] = /^```yaml\n([\s\S]*?)^```$/m.exec(text) ?? [];
    const [, output = ""] = /^```text\n([\s\S]*?)\n```$/m.exec(text) ?? [];
    const said = saidOf(() => parseLab(yaml, "labs/mistakes.yaml"));
    expect(said).toBe(output);
  });
});

test("docs/lab-file.md says what every forwarding method, scheduler and ARP cure is", () => {
  const rowOf = (property: string) =>
    page("docs/lab-file.md")
      .split("\n")
      .find((line) => line.startsWith(`| \`${property}\``)) ?? "";
  for (const name of Object.keys(forwardingMethods)) expect(rowOf("services[].forwarding")).toContain(`\`${name}\`: `);
  for (const name of Object.keys(schedulingMethods)) expect(rowOf("services[].scheduler")).toContain(`\`${name}\``);
  for (const name of arpCures) expect(rowOf("arpCure")).toContain(`\`${name}\``);
});

describe("docs/classroom.md", () => {
  const text = page("docs/classroom.md");

  test("lists every property of a class file, and every part that may differ, and no other", () => {
    expect(firstCells(tableOf(text, "property"))).toEqual(propertyPaths(classSchema).sort());
    expect(firstCells(tableOf(text, "part"))).toEqual(Object.keys(varyParts).sort());
  });

  test("shows a class file and a roster that are read", async () => {
    const [, yaml = ""] = /^```yaml\n([\s\S]*?)^```$/m.exec(text) ?? [];
    expect(parseClass(yaml, "class.yaml", () => true)).toMatchObject({ name: "net1", vary: ["vip", "port", "token"] });
    const [, csv = ""] = /^```csv\n([\s\S]*?)^```$/m.exec(text) ?? [];
    const key = "AAAAC3NzaC1lZDI1NTE5AAAAIHIuyLjIwp+0CiZfXf77arwt6dGSR3MIxKrGZxX5X9hQ";
    expect(await parseRoster(csv.replace("AAAA…", key), "roster.csv")).toMatchObject([
      { id: "alice" },
      { id: "12345678" },
    ]);
  });
});

test("docs/schedulers.md lists every scheduler by its name, and no other", () => {
  const rows = tableOf(page("docs/schedulers.md"), "scheduler \\| name").split("\n").slice(2).filter(Boolean);
  const listed = rows.map((row) => row.split(" | ").slice(0, 2).join(" | "));
  expect(listed).toEqual(Object.entries(schedulingMethods).map(([name, { title }]) => `| \`${name}\` | ${title}`));
});

describe("docs/scenarios.md", async () => {
  const text = page("docs/scenarios.md");
  const examples = [...text.matchAll(/^```yaml\n([\s\S]*?)^```$/gm)].map(([, yaml = ""]) => yaml);
  const shipped = await Promise.all(
    (await scenarioNames()).map(async (name) => readScenario(await findScenario(name), { faults })),
  );

  test("lists every property, and no other", () => {
    // What a repeat has inside is said once, and so is what is expected.
    const own = propertyPaths(scenarioSchema).filter((path) => !/^steps\[\]\.(expect\.|repeat\.steps\[\])/.test(path));
    expect(firstCells(tableOf(text, "property"))).toEqual(leavesOf(own).sort());
  });

  test("lists every expectation with all that it takes, and no other", () => {
    const rows = tableOf(text, "expectation").split("\n").slice(2).filter(Boolean);
    const rowOf = (kind: string) => rows.find((row) => row.startsWith(`| \`${kind}: `)) ?? "";
    expect(rows.map((row) => /^\| `(\w+)/.exec(row)?.[1])).toEqual(expectationNames);
    const keys = propertyPaths(scenarioSchema).flatMap((path) => {
      const [, kind = "", key = ""] = /^steps\[\]\.expect\.(\w+)\.(\w+)$/.exec(path) ?? [];
      return key ? [[kind, key] as const] : [];
    });
    expect(keys.length).toBeGreaterThan(5);
    expect(keys.filter(([kind, key]) => !rowOf(kind).includes(`${key}: `))).toEqual([]);
  });

  test("names every diagnosis", () => {
    expect(diagnoses.filter((id) => !text.includes(`\`${id}\``))).toEqual([]);
  });

  test("lists the scenarios that are shipped with their controls, and no other", () => {
    const listed = [...tableOf(text, "scenario").matchAll(/^\| `([\w-]+)` \| ([\w, ]+) \|/gm)].map(
      ([, name, controls]) => `${name} ${controls}`,
    );
    expect(listed.sort()).toEqual(shipped.map(({ name, controls }) => `${name} ${controls.join(", ")}`).sort());
  });

  test("shows director-down as it is, and examples that are right", async () => {
    expect(examples[0]).toBe(await readFile(join(projectRoot, "verify/scenarios/shipped/director-down.yaml"), "utf8"));
    for (const example of examples.slice(0, -1))
      expect(saidOf(() => parseScenario(example, "example.yaml", { faults }))).toBe("");
  });

  test("uses every property and every expectation in its examples and the shipped scenarios", () => {
    const all = [...examples.slice(0, -1), ...shipped.map((one) => one.text)].join("\n");
    const names = propertyPaths(scenarioSchema).map((path) => path.replaceAll("[]", "").split(".").at(-1) ?? "");
    expect([...new Set(names)].filter((name) => !new RegExp(`\\b${name}:`).test(all))).toEqual([]);
  });

  test("shows what is said of its mistakes", () => {
    const [, output = ""] = /^```text\n([\s\S]*?)\n```$/m.exec(text) ?? [];
    expect(saidOf(() => parseScenario(examples.at(-1) ?? "", "mistakes.yaml", { faults }))).toBe(output);
  });
});
