import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { cruise, type ICruiseResult, type IRegularForbiddenRuleType } from "dependency-cruiser";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import * as door from "../../provision/index.ts";
import { projectRoot } from "../../provision/paths.ts";
import { resources } from "../../provision/resources.ts";

/** The rooms, lower to higher, with the rooms that each may import beside itself. */
const rooms: Readonly<Record<string, readonly string[]>> = {
  lab: [],
  setup: [],
  provision: ["lab", "setup"],
  verify: ["lab", "setup", "provision"],
  rehearse: ["lab", "setup", "provision", "verify"],
  class: ["lab", "setup", "provision", "verify"],
  // The Pulumi program: nothing imports it.
  stacks: ["lab", "setup", "provision", "rehearse"],
  view: ["lab", "setup", "provision", "verify", "class"],
  cli: ["lab", "setup", "provision", "verify", "rehearse", "class", "view"],
  "docs/generate": ["lab", "setup", "provision", "verify", "rehearse", "class", "view", "cli"],
  bench: ["lab", "setup", "provision", "verify", "cli", "docs/generate"],
};

/** A file, or the files of a folder, as a pattern for a path. */
const at = (...places: string[]): string => `^(${places.map((place) => place.replaceAll(".", "\\.")).join("|")})`;
/** A package, wherever it is found, or by its name if it is not installed. */
const named = (...packages: string[]): string => `(^|node_modules/)(${packages.join("|")})(/|$)`;
const rule = (name: string, from: IRegularForbiddenRuleType["from"], to: IRegularForbiddenRuleType["to"]) =>
  ({ name, severity: "error", from, to }) satisfies IRegularForbiddenRuleType;
/** The rooms but for one folder: tests may look into anything. */
const outside = (folder: string) => ({
  path: at(...Object.keys(rooms).map((room) => `${room}/`)),
  pathNot: at(folder),
});

const rules = [
  rule("no files import each other in a circle", {}, { circular: true }),
  rule("every import leads to a file or a package", {}, { couldNotResolve: true }),
  ...Object.entries(rooms).map(([room, below]) =>
    rule(
      `${room} imports ${below.length > 0 ? `${below.join(", ")} and itself` : "nothing of the project but itself"}`,
      { path: at(`${room}/`) },
      {
        path: at(...Object.keys(rooms).map((one) => `${one}/`), "test/"),
        pathNot: at(`${room}/`, ...below.map((one) => `${one}/`)),
      },
    ),
  ),
  rule(
    "the Pulumi program uses provision through its door, and the project's paths",
    { path: at("stacks/") },
    { path: at("provision/"), pathNot: at("provision/index.ts", "provision/paths.ts") },
  ),
  rule(
    "the Pulumi program uses rehearse through its door",
    { path: at("stacks/") },
    { path: at("rehearse/"), pathNot: at("rehearse/index.ts") },
  ),
  rule(
    "in rehearse, the matrix alone measures; configurations and plans know no running lab",
    {
      path: at("rehearse/"),
      pathNot: at("rehearse/matrix/", "rehearse/reload/", "rehearse/report/", "rehearse/pack/"),
    },
    { path: at("verify/", "provision/", "rehearse/matrix/", "rehearse/reload/", "rehearse/report/", "rehearse/pack/") },
  ),
  rule(
    "the provider knows no role and no lab host",
    { path: at("provision/provider.ts") },
    { path: at("provision/roles/", "provision/host/") },
  ),
  rule("SSH is known to provision/ssh alone", outside("provision/ssh/"), {
    path: named("node-ssh", "ssh2", "@types/ssh2"),
  }),
  rule("provision/ssh is used through its door", outside("provision/ssh/"), {
    path: at("provision/ssh/"),
    pathNot: at("provision/ssh/index.ts", "provision/ssh/key-pair.ts", "provision/ssh/errors.ts"),
  }),
  rule("which kind a lab host is, is known to provision/host alone", outside("provision/host/"), {
    path: at("provision/host/private/"),
  }),
  rule("YAML is read in lab/yaml alone", outside("lab/yaml/"), { path: named("yaml") }),
  rule(
    "in verify, faults, probe and wire know no scenario, check or grade",
    { path: at("verify/faults/", "verify/probe/", "verify/wire/") },
    { path: at("verify/scenarios/", "verify/failover/", "verify/checks/", "verify/grade/") },
  ),
  rule(
    "in verify, scenarios know no failover, check or grade",
    { path: at("verify/scenarios/") },
    { path: at("verify/failover/", "verify/checks/", "verify/grade/") },
  ),
  rule(
    "in verify, failover, which is a scenario, knows no check or grade",
    { path: at("verify/failover/") },
    { path: at("verify/checks/", "verify/grade/") },
  ),
  rule(
    "the page of a class, which runs in browsers, knows its server's data alone",
    { path: at("view/page/") },
    { pathNot: at("view/page/", "view/tile.ts", "verify/report/page/") },
  ),
  rule("in verify, checks know no grade", { path: at("verify/checks/") }, { path: at("verify/grade/") }),
];

/** The imports of all rooms and of test/ below a root, those of types included. */
async function importsBelow(root: string): Promise<ICruiseResult> {
  const { output } = await cruise([...Object.keys(rooms), "test"], {
    baseDir: root,
    validate: true,
    ruleSet: { forbidden: rules },
    tsPreCompilationDeps: true,
    detectJSDocImports: true,
    doNotFollow: { path: "node_modules" },
    enhancedResolveOptions: { exportsFields: ["exports"], conditionNames: ["import", "types", "node", "default"] },
  });
  if (typeof output === "string") throw new Error(output);
  return output;
}

/** The breaches of each rule, by the rule's name: `importer -> imported`, or the files of a circle. */
function breachesOf({ summary }: ICruiseResult): Map<string, string[]> {
  const found = new Map<string, string[]>();
  for (const { rule, from, to, cycle } of summary.violations) {
    const circle = cycle?.map(({ name }) => name).sort();
    const breach = circle ? `circle: ${circle.join(", ")}` : `${from} -> ${to}`;
    found.set(rule.name, [...new Set([...(found.get(rule.name) ?? []), breach])].sort());
  }
  return found;
}

/** A source file of the project, its path below the root, with the paths that it imports. */
interface Source {
  readonly path: string;
  readonly text: string;
  readonly imports: readonly string[];
}

const within = (folder: string) => (path: string) => path.startsWith(`${folder}/`);

// Not while the file is imported: vitest starts the files whose tests took longest first.
let project: ICruiseResult;
let sources: Source[];
beforeAll(async () => {
  project = await importsBelow(projectRoot);
  sources = project.modules
    .filter(({ source }) => Object.keys(rooms).some((room) => within(room)(source)))
    .map(({ source, dependencies }) => ({
      path: source,
      text: readFileSync(join(projectRoot, source), "utf8"),
      imports: dependencies.map(({ resolved }) => resolved),
    }));
});

/** The files outside `folder` that hold `text`. */
const holding = (text: string, folder: string): string[] =>
  sources.filter((source) => source.text.includes(text) && !within(folder)(source.path)).map(({ path }) => path);

it("the sources are found, with their imports", () => {
  expect(sources.length).toBeGreaterThan(100);
  for (const room of Object.keys(rooms)) expect(sources.filter(({ path }) => within(room)(path))).not.toEqual([]);
  expect(sources.find(({ path }) => path === "provision/ssh/server.ts")?.imports).toEqual(
    expect.arrayContaining([expect.stringContaining("node_modules/node-ssh/"), "provision/host/reach.ts"]),
  );
});

describe("imports", () => {
  let breaches: Map<string, string[]>;
  beforeAll(() => {
    breaches = breachesOf(project);
  });

  it.each(rules.map(({ name = "" }) => name))("%s", (name) => {
    expect(breaches.get(name) ?? []).toEqual([]);
  });
});

describe("in a project with breaches", () => {
  const root = mkdtempSync(join(tmpdir(), "lvs-lab-architecture-"));
  const files = {
    "lab/model.ts": 'import "../provision/door.ts";',
    "setup/main.mjs": '/** @type {import("../lab/model.ts")} */ export const model = 1;',
    "provision/door.ts": "export const door = 1;",
    "provision/one.ts": 'import type { Other } from "./other.ts"; export interface One { other: Other }',
    "provision/other.ts": 'import type { One } from "./one.ts"; export interface Other { one: One }',
    "stacks/index.ts": 'import { door } from "../provision/door.ts"; export default door;',
    "rehearse/plan.ts": 'import "../verify/check.ts";',
    "verify/check.ts": 'export const load = () => import("../cli/main.ts");',
    "cli/main.ts": 'export { default } from "../stacks/index.ts"; export * from "../lab/gone.ts";',
    "docs/generate/page.ts": 'import "node-ssh"; import type { Document } from "yaml"; export type Page = Document;',
    "rehearse/index.ts": "export {};",
    "class/roster.ts": 'import "../rehearse/index.ts";',
    "view/page/main.ts": 'import "../feed.ts"; import type { Tile } from "../tile.ts"; export type Shown = Tile;',
    "view/feed.ts": 'import "../cli/main.ts";',
    "view/tile.ts": "export type Tile = number;",
    "bench/index.ts": "export {};",
    "test/all.test.ts": 'import "../stacks/index.ts";',
  };
  let breaches = new Map<string, string[]>();
  beforeAll(async () => {
    for (const [path, text] of Object.entries(files)) {
      mkdirSync(dirname(join(root, path)), { recursive: true });
      writeFileSync(join(root, path), text);
    }
    breaches = breachesOf(await importsBelow(root));
  });
  afterAll(() => rmSync(root, { recursive: true }));

  it("each one is found: a circle of types, arrows up the rooms, a way past a door, a package in the wrong room, a file that is not there", () => {
    expect(Object.fromEntries(breaches)).toEqual({
      "no files import each other in a circle": ["circle: provision/one.ts, provision/other.ts"],
      "every import leads to a file or a package": [
        "cli/main.ts -> ../lab/gone.ts",
        "docs/generate/page.ts -> node-ssh",
        "docs/generate/page.ts -> yaml",
      ],
      "SSH is known to provision/ssh alone": ["docs/generate/page.ts -> node-ssh"],
      "YAML is read in lab/yaml alone": ["docs/generate/page.ts -> yaml"],
      "lab imports nothing of the project but itself": ["lab/model.ts -> provision/door.ts"],
      "setup imports nothing of the project but itself": ["setup/main.mjs -> lab/model.ts"],
      "verify imports lab, setup, provision and itself": ["verify/check.ts -> cli/main.ts"],
      "class imports lab, setup, provision, verify and itself": ["class/roster.ts -> rehearse/index.ts"],
      "view imports lab, setup, provision, verify, class and itself": ["view/feed.ts -> cli/main.ts"],
      "the page of a class, which runs in browsers, knows its server's data alone": [
        "view/page/main.ts -> view/feed.ts",
      ],
      "cli imports lab, setup, provision, verify, rehearse, class, view and itself": ["cli/main.ts -> stacks/index.ts"],
      "the Pulumi program uses provision through its door, and the project's paths": [
        "stacks/index.ts -> provision/door.ts",
      ],
      "in rehearse, the matrix alone measures; configurations and plans know no running lab": [
        "rehearse/plan.ts -> verify/check.ts",
      ],
    });
  });
});

describe("SSH", () => {
  it("runs commands in provision/ssh alone", () => {
    expect(holding("execCommand(", "provision/ssh")).toEqual([]);
  });
});

describe("the lab host", () => {
  it("is private to provision/host: nobody else knows of which kind it is", () => {
    expect(holding("private-host", "provision/host")).toEqual([]);
    expect(holding("PrivateHost", "provision/host")).toEqual([]);
  });
});

describe("the resources", () => {
  const types = resources.map(({ type }) => type);

  it("are all listed: one definition a file, one row each", () => {
    const defining = sources.filter(({ path, text }) => within("provision")(path) && /= defineResource[<(]/.test(text));
    const tables = ["provision/resources.ts", "provision/roles/index.ts"];
    const listed = sources.filter(({ path }) => tables.includes(path)).flatMap(({ imports }) => imports);
    expect(defining.map(({ path }) => path).filter((path) => !listed.includes(path))).toEqual([]);
    const written = defining.flatMap(({ text }) =>
      [...text.matchAll(/^ {2}type: "(\w+)",$/gm)].map(([, type]) => type),
    );
    expect([...types].sort()).toEqual(written.sort());
    expect(defining).toHaveLength(types.length);
  });

  it("have a type each, in Pulumi's form, and a sentence for docs", () => {
    expect(new Set(types).size).toBe(types.length);
    for (const { type, summary } of resources) {
      expect(type).toMatch(/^[A-Z][A-Za-z]+$/);
      expect(summary).toMatch(/^\S.*\.$/);
    }
  });

  it("have a class each, of the type's name", () => {
    const roles = Object.keys(door.roleClasses).map((name) => name.charAt(0).toUpperCase() + name.slice(1));
    expect([...Object.keys(door.classes), ...roles]).toEqual(types);
  });

  it("name properties of their own where they speak of them", () => {
    for (const { type, where, want, facts = [], secretFacts = [], replaceOn = [] } of resources) {
      const places = Object.keys(where.shape);
      const wants = Object.keys(want.shape);
      const all = [...places, ...wants, ...facts];
      expect(new Set(all).size, `${type}: a name stands for one thing`).toBe(all.length);
      expect([...places, ...wants], type).toEqual(expect.arrayContaining([...replaceOn]));
      expect(facts, type).toEqual(expect.arrayContaining([...secretFacts]));
    }
  });
});
