import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { contentHash } from "../../../setup/content-hash.mjs";
import { countUnpacked, isInstalled } from "../../../setup/steps/node-modules.mjs";

describe("contentHash", () => {
  let root: string;
  beforeEach(() => {
    root = mkdtempSync(join(tmpdir(), "lvs-lab-test-"));
    mkdirSync(join(root, "sub"));
    writeFileSync(join(root, "a"), "1");
    writeFileSync(join(root, "sub/b"), "2");
  });
  afterEach(() => rmSync(root, { recursive: true }));

  test("is the same for the same files, in whatever order they are named", () => {
    expect(contentHash(root, ["a", "sub"])).toBe(contentHash(root, ["sub", "a"]));
    expect(contentHash(root, ["a"])).toMatch(/^[0-9a-f]{16}$/);
  });

  test("changes with a content, a name, or a further file", () => {
    const before = contentHash(root, ["sub"]);
    writeFileSync(join(root, "sub/b"), "3");
    const changed = contentHash(root, ["sub"]);
    writeFileSync(join(root, "sub/c"), "");
    expect(new Set([before, changed, contentHash(root, ["sub"]), contentHash(join(root, "sub"), ["b"])]).size).toBe(4);
  });

  test("refuses a path that is not there", () => {
    expect(() => contentHash(root, ["gone"])).toThrow("gone");
  });
});

describe("isInstalled", () => {
  const wanted = {
    packages: {
      "": {},
      "node_modules/a": { version: "1.0.0", integrity: "x" },
      "node_modules/for-another-machine": { version: "1.0.0", integrity: "y", optional: true },
    },
  };
  const installed = { packages: { "node_modules/a": { version: "1.0.0", integrity: "x" } } };

  test("accepts npm's record when only optional packages are wanting", () => {
    expect(isInstalled(wanted, installed)).toBe(true);
  });

  test.each([
    ["another version", { "node_modules/a": { version: "1.0.1", integrity: "x" } }],
    ["another content", { "node_modules/a": { version: "1.0.0", integrity: "z" } }],
    ["a missing package", {}],
    ["a stray package", { ...installed.packages, "node_modules/b": { version: "1.0.0" } }],
  ])("refuses %s", (_, packages) => {
    expect(isInstalled(wanted, { packages })).toBe(false);
  });
});

test("countUnpacked counts packages that every machine needs, at whatever depth", () => {
  const packages = {
    "": {},
    "sdks/own": { version: "1.0.0" },
    "node_modules/a": { version: "1.0.0" },
    "node_modules/a/node_modules/b": { version: "1.0.0" },
    "node_modules/for-another-machine": { version: "1.0.0", optional: true },
  };
  expect(countUnpacked({ packages }, () => false)).toEqual({ done: 0, of: 2 });
  expect(countUnpacked({ packages }, (path) => !path.endsWith("/b"))).toEqual({ done: 1, of: 2 });
});
