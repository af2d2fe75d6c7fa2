import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { isFit, locateToolchain, toolchainDirectory } from "../../../setup/toolchain/locate.mjs";

let scratch: string;

beforeEach(() => {
  scratch = mkdtempSync(join(tmpdir(), "lvs-lab-test-"));
  vi.stubEnv("LVS_LAB_CACHE", join(scratch, "cache"));
  vi.stubEnv("PATH", join(scratch, "bin"));
});

afterEach(() => {
  vi.unstubAllEnvs();
  rmSync(scratch, { recursive: true });
});

/** A `pulumi` that says this version, with or without the language host beside it. */
function installPulumi(version: string, { host = true, folder = join(scratch, "bin") } = {}) {
  mkdirSync(folder, { recursive: true });
  const names = host ? ["pulumi", "pulumi-language-nodejs"] : ["pulumi"];
  for (const name of names) {
    writeFileSync(join(folder, name), `#!/bin/sh\necho ${version}\n`);
    chmodSync(join(folder, name), 0o755);
  }
  return join(folder, "pulumi");
}

test.each(["v3.246.0", "3.246.0", "v3.246.1", "v3.260.0\n"])("a CLI of version %j fits", (version) => {
  expect(isFit(version)).toBe(true);
});

test.each(["v3.245.9", "v2.300.0", "v4.0.0", "v3.247.0-dev.0", "", "no version"])(
  "a CLI of version %j does not fit",
  (version) => {
    expect(isFit(version)).toBe(false);
  },
);

test("without any, there is no toolchain", () => {
  expect(locateToolchain()).toBeUndefined();
});

test("a complete toolchain in the cache is used", () => {
  mkdirSync(toolchainDirectory(), { recursive: true });
  expect(locateToolchain()).toEqual({ kind: "built", directory: toolchainDirectory() });
});

test("a fit official CLI comes before a built toolchain", () => {
  const pulumi = installPulumi("v3.250.0");
  mkdirSync(toolchainDirectory(), { recursive: true });
  expect(locateToolchain()).toEqual({ kind: "official", pulumi, version: "v3.250.0" });
});

test("a process asks a CLI for its version once", () => {
  const pulumi = installPulumi("v3.250.0");
  const log = join(scratch, "asked");
  writeFileSync(pulumi, `#!/bin/sh\necho "$*" >> ${log}\necho v3.250.0\n`);
  expect([locateToolchain(), locateToolchain()].map((toolchain) => toolchain?.kind)).toEqual(["official", "official"]);
  expect(readFileSync(log, "utf8")).toBe("version\n");
});

test("an official CLI that is too old is passed over", () => {
  installPulumi("v3.100.0");
  expect(locateToolchain()).toBeUndefined();
});

test("an official CLI without its language host is passed over", () => {
  installPulumi("v3.250.0", { host: false });
  expect(locateToolchain()).toBeUndefined();
});

test("a built toolchain on PATH is not taken for an official CLI", () => {
  const folder = join(toolchainDirectory(), "bin");
  installPulumi("v3.250.0", { folder });
  vi.stubEnv("PATH", folder);
  expect(locateToolchain()).toEqual({ kind: "built", directory: toolchainDirectory() });
});
