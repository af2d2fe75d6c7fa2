// @ts-check
import { spawnSync } from "node:child_process";
import { copyFileSync, existsSync, mkdirSync, readFileSync, renameSync, rmSync, statfsSync } from "node:fs";
import { dirname, join } from "node:path";
import { withLock } from "../lock.mjs";
import { cacheRoot, projectRoot } from "../paths.mjs";
import { locateToolchain, toolchainDirectory } from "../toolchain/locate.mjs";
import { binaries, buildTags, compilerFlags, versions } from "../toolchain/recipe.mjs";
import { run } from "./command.mjs";
import { followBuilds, packageFormat, readPackages } from "./go-packages.mjs";
import { SetupError } from "./setup-error.mjs";

/**
 * Peak disk usage of a build from nothing, in bytes: 5.3 GB measured when more was compiled, nearly all of it Go's caches, plus a reserve.
 */
const BUILD_BYTES = 7e9;
/** The oldest Go that downloads the newer version that go.mod requires. */
const OLDEST_GO_MINOR = 21;

/** A script; see setup/toolchain. */
const languageHost = "pulumi-language-nodejs";

/** @type {import("./run-steps.mjs").Step} */
export const toolchain = {
  name: "Pulumi toolchain",
  needs: [],
  does: `builds pulumi ${versions.pulumi} and the libvirt provider from Go modules, once`,
  takes: "five minutes on two idle cores",
  isDone: () => locateToolchain() !== undefined,
  run: async ({ log, signal, progress }) => {
    const directory = toolchainDirectory();
    await withLock(
      `${directory}.lock`,
      async () => {
        if (existsSync(directory)) return;
        checkGo();
        await build(directory, { log, signal, progress });
      },
      { signal, onWait: () => progress("waiting for another set-up to build it") },
    );
  },
};

/**
 * Builds the missing binaries and moves the toolchain into place when it is complete.
 * @param {string} directory
 * @param {import("./run-steps.mjs").StepContext} context
 */
const build = async (directory, context) => {
  const partial = await buildBinaries(binaries, directory, context);
  copyFileSync(join(projectRoot, "setup/toolchain/cli", languageHost), join(partial, "bin", languageHost));
  renameSync(partial, directory);
};

/**
 * Builds the missing ones of `wanted`, with Go's caches shared between them. Binaries of an interrupted build are kept; the caches are
 * always removed.
 * @param {import("../toolchain/recipe.mjs").Binary[]} wanted
 * @param {string} directory final directory of the toolchain
 * @param {import("./run-steps.mjs").StepContext} context
 * @param {{ gcflags: string[], tags: string[] }} [settings] compiler flags and build tags
 * @returns {Promise<string>} their directory until the toolchain is complete
 */
export const buildBinaries = async (
  wanted,
  directory,
  { log, signal, progress },
  { gcflags, tags } = { gcflags: compilerFlags, tags: buildTags },
) => {
  const partial = `${directory}.partial`;
  const caches = `${directory}.go`;
  const wanting = wanted.filter(({ output }) => !existsSync(join(partial, output)));
  const modules = [...new Set(wanting.map(({ module }) => module))];
  const flags = ["-trimpath", "-tags", tags.join(), ...gcflags.map((one) => `-gcflags=${one}`)];
  /** @type {(module: string, args: string[], rest: Partial<Parameters<typeof run>[1]>) => Promise<void>} */
  const go = (module, [verb = "", ...args], rest) =>
    run(["go", verb, ...flags, ...args], {
      cwd: directoryOf(module),
      env: environment(caches),
      log,
      signal,
      remedy: bothWays,
      ...rest,
    });
  rmSync(caches, { recursive: true, force: true });
  checkSpace(caches);
  mkdirSync(caches);
  try {
    const fetched = countModules(modules, progress);
    /** @type {Map<string, import("./go-packages.mjs").Package[]>} */
    const packages = new Map();
    for (const module of modules) {
      const stdout = join(caches, `${module}.packages`);
      const mains = wanting.filter((one) => one.module === module).map(({ pkg }) => pkg);
      await go(module, ["list", "-deps", "-f", packageFormat, ...mains], { stdout, onLine: fetched });
      packages.set(module, readPackages(stdout));
    }
    const builds = followBuilds(packages, wanting.length);
    for (const { title, module, pkg, output, define } of wanting) {
      const file = join(partial, output);
      mkdirSync(dirname(file), { recursive: true });
      const tell = () => progress(`${title}, ${builds.count()}`, builds.share());
      tell();
      const ldflags = ["-s", "-w", ...Object.entries(define).map(([name, value]) => `-X ${name}=${value}`)].join(" ");
      await go(module, ["build", "-v", "-ldflags", ldflags, "-o", `${file}.new`, pkg], {
        isProgress: isPackage,
        onLine: (line) => {
          if (isPackage(line)) builds.begins(module, line);
          tell();
        },
      });
      builds.linked();
      renameSync(`${file}.new`, file);
    }
  } finally {
    progress("removing Go's caches");
    rmSync(caches, { recursive: true, force: true });
  }
  return partial;
};

/** @param {string} caches @returns {NodeJS.ProcessEnv} */
const environment = (caches) => ({
  GOMODCACHE: join(caches, "mod"),
  GOCACHE: join(caches, "build"),
  // -modcacherw: without it the module cache is read-only and cannot be removed directly.
  GOFLAGS: `${process.env.GOFLAGS ?? ""} -modcacherw`,
  GOWORK: "off",
  CGO_ENABLED: "0",
});

/** @param {string} module @returns {string} */
const directoryOf = (module) => join(projectRoot, "setup/toolchain", module);

/**
 * Counts the modules that Go downloads, out of those that the go.mod files require. The builds need almost all of them.
 * @param {string[]} modules
 * @param {import("./run-steps.mjs").StepContext["progress"]} progress
 * @returns {(line: string) => void} takes a line of Go's output
 */
const countModules = (modules, progress) => {
  const requirements = modules.flatMap((module) =>
    [...readFileSync(join(directoryOf(module), "go.mod"), "utf8").matchAll(/^(?:require |\t)(\S+ v\S+)/gm)].map(
      ([, requirement]) => requirement,
    ),
  );
  const total = new Set(requirements).size;
  let fetched = 0;
  progress("fetching Go modules");
  return (line) => {
    if (line.startsWith("go: downloading ")) fetched += 1;
    progress(`fetching Go modules, ${fetched} of ${total}`);
  };
};

/** @param {string} line @returns {boolean} whether it is a package that `go build -v` starts to compile */
const isPackage = (line) => /^[\w./~-]+$/.test(line);

/** What a user can do if the toolchain cannot be built. */
const bothWays =
  `Fix: either install Pulumi's CLI, ${versions.pulumiSdk} or a later 3.x, from its vendor so that \`pulumi\` is on PATH; ` +
  `or put Go 1.${OLDEST_GO_MINOR} or newer on PATH, make sure that a Go module proxy (GOPROXY) is reachable, and run this again.`;

const checkGo = () => {
  const version = spawnSync("go", ["env", "GOVERSION"], {
    encoding: "utf8",
    env: { ...process.env, GOTOOLCHAIN: "local" },
  });
  const minor = Number(/^go1\.(\d+)/.exec(version.stdout ?? "")?.[1] ?? 0);
  if (minor >= OLDEST_GO_MINOR) return;
  const found = minor ? `only Go 1.${minor}` : "no Go";
  throw new SetupError(`There is no suitable Pulumi CLI, and ${found} to build one. ${bothWays}`);
};

/** @param {string} caches @throws {SetupError} when disk space is short */
const checkSpace = (caches) => {
  mkdirSync(dirname(caches), { recursive: true });
  const { bavail, bsize } = statfsSync(dirname(caches));
  const free = bavail * bsize;
  if (free >= BUILD_BYTES) return;
  throw new SetupError(
    `Building the toolchain takes ${BUILD_BYTES / 1e9} GB below ${cacheRoot()} (all but 0.25 GB only during the build), and ` +
      `${(free / 1e9).toFixed(1)} GB are free. Fix: free disk space, or set LVS_LAB_CACHE to another directory.`,
  );
};
