import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { followBuilds, packageFormat, readPackages } from "../../../setup/steps/go-packages.mjs";
import { isProgram } from "../../../setup/steps/machine.mjs";

const of = (path: string, seconds: number, version = "v1.0.0") => ({ path, version, seconds });

describe("followBuilds", () => {
  test("the share is of the work, not of the number of packages", () => {
    const builds = followBuilds(new Map([["cli", [of("a", 1), of("b", 1), of("c", 96.4)]]]), 1, 1);
    expect([builds.count(), builds.share()]).toEqual(["package 0 of 3", 0]);
    builds.begins("cli", "a");
    builds.begins("cli", "b");
    builds.begins("cli", "c");
    expect([builds.count(), builds.share()]).toEqual(["package 3 of 3", 0.02]);
    builds.linked();
    expect(builds.share()).toBe(1);
  });

  test("packages that Go compiles at the moment are not done", () => {
    const builds = followBuilds(new Map([["cli", ["a", "b", "c", "d"].map((path) => of(path, 24.6))]]), 1, 2);
    for (const path of ["a", "b", "c", "d"]) builds.begins("cli", path);
    expect(builds.share()).toBeCloseTo(0.492);
  });

  test("a package that two modules have in the same version is compiled once", () => {
    const list = [of("shared", 10), of("other", 10)];
    const builds = followBuilds(
      new Map([
        ["cli", list],
        ["bridge", [of("shared", 10), of("other", 10, "v2.0.0")]],
      ]),
      2,
      1,
    );
    expect(builds.count()).toBe("package 0 of 3");
    for (const { path } of list) builds.begins("cli", path);
    builds.linked();
    expect(builds.share()).toBeCloseTo(21.6 / 33.2);
    builds.begins("bridge", "other");
    builds.linked();
    expect([builds.count(), builds.share()]).toEqual(["package 3 of 3", 1]);
  });

  test("a package that was not expected, or is named twice, changes nothing", () => {
    const builds = followBuilds(new Map([["cli", [of("a", 8.4)]]]), 1, 1);
    for (const path of ["a", "a", "unknown", "a"]) builds.begins("cli", path);
    expect(builds.count()).toBe("package 1 of 1");
    expect(builds.share()).toBeCloseTo(0.84);
  });
});

describe("readPackages", () => {
  let scratch: string;
  beforeEach(() => {
    scratch = mkdtempSync(join(tmpdir(), "lvs-lab-test-"));
  });
  afterEach(() => rmSync(scratch, { recursive: true }));

  test("a package's work is the measured one, or comes from the size of its sources", () => {
    const [small, big] = ["small.go", "big.go"];
    writeFileSync(join(scratch, small), " ".repeat(1_000));
    writeFileSync(join(scratch, big), " ".repeat(1_000_000));
    const file = join(scratch, "packages");
    const lines = [
      ["net/http", "", scratch, small],
      ["errors", "", scratch, small],
      ["example.com/large", "v2.0.0", scratch, small, big],
      ["example.com/empty", "v2.0.0", scratch, ""],
    ];
    writeFileSync(file, lines.map((line) => `${line.join("\t")}\n`).join("\n"));
    const packages = readPackages(file);
    expect(packages.map(({ path, version }) => [path, version])).toEqual(
      lines.map(([path, version]) => [path, version]),
    );
    expect(packages[0]?.seconds).toBe(3.4);
    const [usual = 0, large = 0, empty = 0] = packages.slice(1).map((one) => one.seconds);
    expect([empty > 0, usual > empty, large > 10 * usual]).toEqual([true, true, true]);
  });

  test.skipIf(!isProgram("go"))("what Go's cache has, as the flags want it, is not listed", () => {
    writeFileSync(join(scratch, "go.mod"), "module example.com/a\n");
    writeFileSync(join(scratch, "a.go"), "package a\n");
    const env = { ...process.env, GOCACHE: join(scratch, "cache"), GOFLAGS: "-buildvcs=false", GOWORK: "off" };
    const go = (...args: string[]) => execFileSync("go", args, { cwd: scratch, env, encoding: "utf8" });
    const list = (flags: string) => {
      writeFileSync(join(scratch, "list"), go("list", "-deps", `-gcflags=${flags}`, "-f", packageFormat, "."));
      return readPackages(join(scratch, "list")).map(({ path }) => path);
    };
    expect(list("-l")).toEqual(["example.com/a"]);
    go("build", "-gcflags=-l", ".");
    expect(list("-l")).toEqual([]);
    expect(list("-N")).toEqual(["example.com/a"]);
  });
});
