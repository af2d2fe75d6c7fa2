import { mkdirSync, mkdtempSync, realpathSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { projectRoot } from "../../../setup/paths.mjs";
import { assertOwnCheckout } from "../../../setup/toolchain/language-nodejs/checkout.mjs";
import { parseOptions, splitArguments } from "../../../setup/toolchain/language-nodejs/options.mjs";
import { lockedDependencies, pulumiPackages } from "../../../setup/toolchain/language-nodejs/packages.mjs";
import { typescriptEnvironment } from "../../../setup/toolchain/language-nodejs/run.mjs";

describe("runtime options", () => {
  test("TypeScript is compiled by the SDK unless the project says otherwise", () => {
    expect(typescriptEnvironment(parseOptions({}))).toEqual({ PULUMI_NODEJS_TYPESCRIPT: "true" });
    expect(typescriptEnvironment(parseOptions({ typescript: false }))).toEqual({});
    expect(typescriptEnvironment(parseOptions({ typescript: false, tsconfig: "t.json" }))).toEqual({
      PULUMI_NODEJS_TSCONFIG_PATH: "t.json",
    });
  });

  test("nodeargs become arguments", () => {
    expect(parseOptions({ nodeargs: "--import tsx" }).nodeargs).toEqual(["--import", "tsx"]);
    expect(splitArguments(`--title='a b'  "c d" e`)).toEqual(["--title=a b", "c d", "e"]);
    expect(splitArguments("")).toEqual([]);
  });

  test.each([{ typescript: "false" }, { nodeargs: ["--import"] }, { tsconfig: 1 }])(
    "%o is refused by name",
    (options) => {
      expect(() => parseOptions(options)).toThrow(`runtime option ${Object.keys(options)[0]} must be`);
    },
  );
});

describe("a project's packages", () => {
  let project: string;
  beforeEach(() => {
    project = mkdtempSync(join(tmpdir(), "lvs-lab-test-"));
  });
  afterEach(() => rmSync(project, { recursive: true }));

  const write = (path: string, content: unknown) => {
    mkdirSync(dirname(join(project, path)), { recursive: true });
    writeFileSync(join(project, path), JSON.stringify(content));
  };

  test("the plugins that they want are found by their package.json", () => {
    const parameterization = { name: "x", version: "1.0.0", value: "e30=" };
    write("node_modules/@pulumi/x/package.json", {
      name: "@pulumi/x",
      version: "1.0.0",
      pulumi: { resource: true, name: "base", version: "2.0.0", parameterization },
    });
    write("node_modules/plain/package.json", { name: "plain", version: "1.0.0" });
    write("node_modules/y/package.json", { name: "y", version: "3.0.0", pulumi: { resource: true } });
    expect(pulumiPackages(project)).toEqual([
      { name: "base", version: "v2.0.0", server: "", parameterization },
      { name: "y", version: "v3.0.0", server: "", parameterization: undefined },
    ]);
  });

  test("a project without node_modules has none", () => {
    expect(pulumiPackages(project)).toEqual([]);
  });

  test("dependencies come from the lock file, direct or all", () => {
    write("package-lock.json", {
      packages: {
        "": { dependencies: { a: "^1", w: "*" } },
        "node_modules/a": { version: "1.2.3" },
        "node_modules/a/node_modules/b": { version: "4.5.6" },
        "node_modules/w": { link: true, resolved: "sdks/w" },
        "sdks/w": { version: "7.8.9" },
      },
    });
    const direct = [
      { name: "a", version: "1.2.3" },
      { name: "w", version: "7.8.9" },
    ];
    expect(lockedDependencies(project, false)).toEqual(direct);
    expect(lockedDependencies(project, true)).toContainEqual({ name: "b", version: "4.5.6" });
    expect(lockedDependencies(project, true)).toHaveLength(3);
  });
});

describe("the program's directory", () => {
  let scratch: string;
  let inside: string;
  beforeEach(() => {
    scratch = realpathSync(mkdtempSync(join(tmpdir(), "lvs-lab-test-")));
    inside = mkdtempSync(join(projectRoot, "node_modules/.lvs-lab-test-"));
  });
  afterEach(() => {
    rmSync(scratch, { recursive: true });
    rmSync(inside, { recursive: true });
  });

  const info = (root: string, program = root, entry = ".") => ({
    getInfo: () => ({ getRootDirectory: () => root, getProgramDirectory: () => program, getEntryPoint: () => entry }),
  });
  const link = (target: string, folder = scratch): string => {
    const path = join(folder, "link");
    symlinkSync(target, path);
    return path;
  };

  test.each([
    ["the checkout", () => info(projectRoot)],
    ["a folder in it", () => info(projectRoot, join(projectRoot, "stacks"), "index.ts")],
    ["an entry point that is not there yet", () => info(projectRoot, projectRoot, "no/such/index.mjs")],
    ["a symbolic link to it", () => info(link(projectRoot))],
    ["none: the working directory, which is the checkout", () => ({ ...info(""), getPwd: () => "" })],
    ["none at all", () => ({})],
  ])("may be %s", (_, request) => {
    expect(() => assertOwnCheckout(request())).not.toThrow();
  });

  test.each([
    ["another", () => info(scratch)],
    ["one whose root is another", () => info(scratch, projectRoot)],
    ["a neighbour whose name begins as the checkout's", () => info(`${projectRoot}-2`)],
    ["one with an entry point outside", () => info(projectRoot, projectRoot, join(scratch, "index.mjs"))],
    ["one with a way out", () => info(projectRoot, projectRoot, "stacks/../../index.mjs")],
    ["one with another working directory", () => ({ ...info(projectRoot), getPwd: () => scratch })],
    ["another to install in", () => ({ getDirectory: () => scratch })],
    ["a plugin elsewhere", () => ({ getPwd: () => projectRoot, getProgram: () => scratch })],
    ["a symbolic link to another in the checkout", () => info(link(scratch, inside))],
  ])("may not be %s", (_, request) => {
    expect(() => assertOwnCheckout(request())).toThrow(`the language host of ${projectRoot} refuses `);
  });

  test("is named together with the target of its symbolic link", () => {
    mkdirSync(join(scratch, "real"));
    const path = link(join(scratch, "real"));
    expect(() => assertOwnCheckout(info(path))).toThrow(`refuses ${path} (${join(scratch, "real")}): it runs`);
  });
});
