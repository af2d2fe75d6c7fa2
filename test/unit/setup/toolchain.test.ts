import { execFileSync } from "node:child_process";
import fs, {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { syncBuiltinESMExports } from "node:module";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { pulumiEnvironment } from "../../../cli/environment.ts";
import { runSteps } from "../../../setup/steps/run-steps.mjs";
import { toolchain } from "../../../setup/steps/toolchain.mjs";
import { locateToolchain, toolchainDirectory } from "../../../setup/toolchain/locate.mjs";
import { binaries } from "../../../setup/toolchain/recipe.mjs";

let scratch: string;
let programs: string;

beforeEach(() => {
  scratch = mkdtempSync(join(tmpdir(), "lvs-lab-test-"));
  programs = join(scratch, "programs");
  vi.stubEnv("HOME", join(scratch, "home"));
  vi.stubEnv("LVS_LAB_CACHE", join(scratch, "cache"));
  vi.stubEnv("LVS_LAB_STATE", join(scratch, "state"));
  vi.stubEnv("PATH", [programs, "/usr/bin", "/bin"].join(delimiter));
  vi.stubEnv("PULUMI_HOME", undefined); // that of the run that the test is part of
  // Where the build would fill the disk, it is not begun.
  vi.spyOn(fs, "statfsSync").mockReturnValue({ bavail: 1e9, bsize: 4096 } as fs.StatsFs);
  syncBuiltinESMExports();
});

afterEach(() => {
  vi.unstubAllEnvs();
  vi.restoreAllMocks();
  syncBuiltinESMExports();
  rmSync(scratch, { recursive: true });
});

function install(file: string, script: string): string {
  mkdirSync(join(file, ".."), { recursive: true });
  writeFileSync(file, `#!/bin/sh\n${script}\n`);
  chmodSync(file, 0o755);
  return file;
}

/** A `go` that notes its command line. It downloads a module, compiles two packages for each binary, and makes an empty one. */
const installGo = () =>
  install(
    join(programs, "go"),
    `echo "$*" >>${join(scratch, "go.log")}
case $1 in
env) echo go1.26.0 ;;
list)
  echo "go: downloading example.com/module v1.0.0" >&2
  printf 'example.com/%s\\tv1.0.0\\t/\\t\\n' one "$\{PWD##*/}" ;;
build)
  printf 'example.com/%s\\n' one "$\{PWD##*/}" >&2
  while [ "$1" != -o ]; do shift; done
  : >"$2" ;;
esac`,
  );

async function setUp() {
  const told: { text: string; share: number | undefined }[] = [];
  const result = await runSteps([toolchain], {
    signal: new AbortController().signal,
    logOf: () => join(scratch, "log"),
    reporter: {
      started: () => {},
      progress: (_, text, share) => told.push({ text, share }),
      finished: () => {},
      failed: (_, error) => {
        throw error;
      },
    },
  });
  return { ...result, told };
}

test("a machine without Pulumi builds every binary, and tells how far it is", async () => {
  installGo();
  const { ran, told } = await setUp();
  expect(ran).toBe(1);
  expect(locateToolchain()).toEqual({ kind: "built", directory: toolchainDirectory() });
  for (const { output } of binaries) expect(existsSync(join(toolchainDirectory(), output))).toBe(true);
  expect(told.some(({ text }) => /^fetching Go modules, 1 of \d{3}$/.test(text))).toBe(true);
  expect(told).toContainEqual({ text: "pulumi, package 0 of 3", share: 0 });
  const shares = told.flatMap(({ share }) => share ?? []);
  expect(shares).toEqual(shares.toSorted((a, b) => a - b));
  expect(shares.at(-1)).toBeGreaterThan(0.5);
  expect(told.filter(({ share }) => share !== undefined).at(-1)?.text).toBe(
    "Terraform provider libvirt, package 3 of 3",
  );
});

test("the packages are listed as they are built, so that Go's cache counts for both", async () => {
  installGo();
  await setUp();
  const settings = (verb: string) =>
    readFileSync(join(scratch, "go.log"), "utf8")
      .split("\n")
      .filter((line) => line.startsWith(`${verb} `))
      .map((line) => /(-trimpath .*) -(deps|v) /.exec(line)?.[1]);
  expect(new Set([...settings("list"), ...settings("build")])).toHaveLength(1);
});

describe("a stand-in of the official CLI's layout", () => {
  /** What Pulumi's installer puts into ~/.pulumi/bin, and its archive into a folder. */
  const layout = ["pulumi-language-nodejs", "pulumi-language-go", "pulumi-language-yaml", "pulumi-analyzer-policy"];

  /** The stand-in starts its language host as the CLI does: the first on PATH, or the one beside itself. */
  function installOfficial(folder: string): string {
    for (const name of layout) install(join(folder, name), `echo ${folder}/${name}`);
    return install(
      join(folder, "pulumi"),
      `[ "$1" = version ] && echo v3.250.0 && exit
exec "$(command -v pulumi-language-nodejs || echo "$(dirname "$(readlink -f "$0")")/pulumi-language-nodejs")"`,
    );
  }

  const places: [string, () => { folder: string; path: string }][] = [
    [
      "the installer's folder on PATH",
      () => {
        const folder = join(scratch, "home/.pulumi/bin");
        return { folder, path: folder };
      },
    ],
    [
      "an unpacked archive, with a link to pulumi alone on PATH",
      () => {
        const folder = join(scratch, "opt/pulumi");
        const path = join(scratch, "local/bin");
        mkdirSync(path, { recursive: true });
        symlinkSync(join(folder, "pulumi"), join(path, "pulumi"));
        return { folder, path };
      },
    ],
  ];

  test.each(places)("%s: the set-up takes it with its language host, and builds none", async (_, place) => {
    const { folder, path } = place();
    installGo();
    installOfficial(folder);
    vi.stubEnv("PATH", [path, process.env.PATH].join(delimiter));

    expect(await setUp()).toEqual({ ran: 0, failed: 0, told: [] });
    expect(existsSync(join(scratch, "go.log"))).toBe(false);
    expect(existsSync(join(toolchainDirectory(), ".."))).toBe(false);
    expect(locateToolchain()).toEqual({ kind: "official", pulumi: join(path, "pulumi"), version: "v3.250.0" });

    const env = { ...process.env, ...pulumiEnvironment() };
    expect(env.PULUMI_HOME).toBeUndefined();
    expect(execFileSync("pulumi", ["up"], { env, encoding: "utf8" })).toBe(`${folder}/pulumi-language-nodejs\n`);
  });
});
