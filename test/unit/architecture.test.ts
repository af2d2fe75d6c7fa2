import { readdirSync, readFileSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import { describe, expect, it } from "vitest";
import * as door from "../../provision/index.ts";
import { projectRoot } from "../../provision/paths.ts";
import { resources } from "../../provision/resources.ts";

/** A source file of the project, its path below the root. */
interface Source {
  readonly path: string;
  readonly text: string;
  /** What it imports: packages by name, the project's own files by their path below the root. */
  readonly imports: readonly string[];
}

const sources: Source[] = ["lab", "setup", "provision", "stacks", "verify", "cli", "docs/generate", "bench"].flatMap(
  (room) =>
    readdirSync(join(projectRoot, room), { recursive: true, encoding: "utf8" })
      .filter((file) => /\.(ts|mjs)$/.test(file))
      .map((file) => {
        const path = join(room, file);
        const text = readFileSync(join(projectRoot, path), "utf8");
        const named = [...text.matchAll(/(?:\bfrom|\bimport|\bimport\(|\brequire\()\s*"([^"]+)"/g)];
        const imports = named.map(([, name = ""]) =>
          name.startsWith(".") ? relative(projectRoot, join(projectRoot, dirname(path), name)) : name,
        );
        return { path, text, imports };
      }),
);

const within = (folder: string) => (path: string) => path.startsWith(`${folder}/`);

/** The imports of files in `from` that break a rule, as `file -> import`. */
const breaches = (from: (path: string) => boolean, forbidden: (name: string) => boolean): string[] =>
  sources
    .filter(({ path }) => from(path))
    .flatMap(({ path, imports }) => imports.filter(forbidden).map((name) => `${path} -> ${name}`));

/** The files outside `folder` that hold `text`. */
const holding = (text: string, folder: string): string[] =>
  sources.filter((source) => source.text.includes(text) && !within(folder)(source.path)).map(({ path }) => path);

it("the sources are found, with their imports", () => {
  expect(sources.length).toBeGreaterThan(100);
  expect(sources.find(({ path }) => path === "provision/ssh/server.ts")?.imports).toEqual(
    expect.arrayContaining(["node-ssh", "provision/host/reach.ts"]),
  );
  const own = sources.flatMap(({ imports }) => imports.filter((name) => /^(stacks|provision|verify|cli)\//.test(name)));
  const known = new Set(sources.map(({ path }) => path));
  expect(own.filter((name) => !known.has(name))).toEqual([]);
});

describe("SSH", () => {
  it("is known to provision/ssh alone", () => {
    expect(
      breaches(
        (path) => !within("provision/ssh")(path),
        (name) => name === "node-ssh" || name === "ssh2",
      ),
    ).toEqual([]);
    expect(holding("execCommand(", "provision/ssh")).toEqual([]);
  });

  it("is used through its door", () => {
    const inside = /^provision\/ssh\/(?!index\.ts$|key-pair\.ts$|errors\.ts$)/;
    expect(
      breaches(
        (path) => !within("provision/ssh")(path),
        (name) => inside.test(name),
      ),
    ).toEqual([]);
  });
});

describe("the lab host", () => {
  it("is private to provision/host: nobody else knows of which kind it is", () => {
    expect(holding("private-host", "provision/host")).toEqual([]);
    expect(holding("PrivateHost", "provision/host")).toEqual([]);
    expect(
      breaches(
        (path) => !within("provision/host")(path),
        (name) => name.startsWith("provision/host/private/"),
      ),
    ).toEqual([]);
  });
});

describe("the way of the data is one direction", () => {
  it.each([
    ["provision", /^(stacks|verify|cli)\//],
    ["stacks", /^(verify|cli)\//],
    ["verify", /^cli\//],
  ])("%s imports nothing from downstream", (room, downstream) => {
    expect(breaches(within(room), (name) => downstream.test(name))).toEqual([]);
  });

  it("what is measured knows nothing of its being measured", () => {
    const rooms = ["provision", "stacks", "verify", "cli"];
    expect(
      breaches(
        (path) => rooms.some((room) => within(room)(path)),
        (name) => name.startsWith("bench/"),
      ),
    ).toEqual([]);
  });

  it("the Pulumi program knows provision by its door, and where the project keeps things", () => {
    const open = ["provision/index.ts", "provision/paths.ts"];
    expect(breaches(within("stacks"), (name) => name.startsWith("provision/") && !open.includes(name))).toEqual([]);
  });

  it("the provider knows no role", () => {
    expect(
      breaches(
        (path) => path === "provision/provider.ts",
        (name) => /\/(roles|host)\//.test(name),
      ),
    ).toEqual([]);
  });

  it.each([
    [
      "what is told of the wire, the client and the servers",
      /^verify\/(faults|probe|wire)\//,
      /(scenarios|failover|checks|grade)/,
    ],
    ["scenarios", /^verify\/scenarios\//, /(failover|checks|grade)/],
    ["failover, which is a scenario,", /^verify\/failover\//, /(checks|grade)/],
    ["checks", /^verify\/checks\//, /(grade)/],
  ])("in verify, %s: knows nothing of what is built on it", (_, room, above) => {
    expect(
      breaches(
        (path) => room.test(path),
        (name) => new RegExp(`^verify/${above.source}/`).test(name),
      ),
    ).toEqual([]);
  });

  it("YAML is read in one place", () => {
    expect(
      breaches(
        (path) => !within("lab/yaml")(path),
        (name) => name === "yaml",
      ),
    ).toEqual([]);
  });
});

describe("the resources", () => {
  const defining = sources.filter(({ path, text }) => within("provision")(path) && /= defineResource[<(]/.test(text));
  const types = resources.map(({ type }) => type);

  it("are all listed: one definition a file, one row each", () => {
    const listed = sources.find(({ path }) => path === "provision/resources.ts")?.imports ?? [];
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

  it("have a class each at the door", () => {
    for (const type of types) expect(door).toHaveProperty(type);
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
