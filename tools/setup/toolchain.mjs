// @ts-check
import { spawnSync } from "node:child_process";
import { copyFileSync, existsSync, mkdirSync, renameSync, rmSync, statfsSync } from "node:fs";
import { dirname, join } from "node:path";
import { withLock } from "../lock.mjs";
import { cacheRoot, projectRoot } from "../paths.mjs";
import { locateToolchain, toolchainDirectory } from "../toolchain/locate.mjs";
import { binaries, buildTags, compilerFlags, versions } from "../toolchain/recipe.mjs";
import { run } from "./command.mjs";
import { SetupError } from "./setup-error.mjs";

/** What a build from nothing takes on disk at its peak, in bytes: 5.3 GB measured before less was compiled, nearly all Go's caches, and a reserve. */
const BUILD_BYTES = 7e9;
/** The oldest Go that fetches the newer one that go.mod asks for. */
const OLDEST_GO_MINOR = 21;

/** A script; see there. */
const languageHost = "pulumi-language-nodejs";

/** @type {import("./run-steps.mjs").Step} */
export const toolchain = {
  name: "Pulumi toolchain",
  needs: [],
  does: `builds pulumi ${versions.pulumi} and the libvirt provider from Go modules, once`,
  takes: "seven minutes on two idle cores",
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
      { signal, onWait: () => progress("waiting for another set-up that builds it") },
    );
  },
};

/**
 * Builds the binaries that are still wanting, and puts the toolchain in its place when all are there.
 * @param {string} directory
 * @param {import("./run-steps.mjs").StepContext} context
 */
const build = async (directory, context) => {
  const partial = await buildBinaries(binaries, directory, context);
  copyFileSync(join(projectRoot, "tools/toolchain/cli", languageHost), join(partial, "bin", languageHost));
  renameSync(partial, directory);
};

/**
 * Builds those of `wanted` that are not there yet, with Go's caches shared between them. What stands of an interrupted build is
 * kept; the caches are not, however the build ends.
 * @param {import("../toolchain/recipe.mjs").Binary[]} wanted
 * @param {string} directory where the toolchain is going to be
 * @param {import("./run-steps.mjs").StepContext} context
 * @param {{ gcflags: string[], tags: string[] }} [settings] what the compiler is told, and build tags
 * @returns {Promise<string>} where they are until it is complete
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
  rmSync(caches, { recursive: true, force: true });
  checkSpace(caches);
  try {
    for (const { title, module, pkg, output, define } of wanting) {
      const file = join(partial, output);
      mkdirSync(dirname(file), { recursive: true });
      let compiled = 0;
      progress(`${title}: fetching modules`);
      const ldflags = ["-s", "-w", ...Object.entries(define).map(([name, value]) => `-X ${name}=${value}`)].join(" ");
      const compiler = ["-tags", tags.join(), ...gcflags.map((one) => `-gcflags=${one}`)];
      const flags = ["-v", "-trimpath", ...compiler, "-ldflags", ldflags];
      await run(["go", "build", ...flags, "-o", `${file}.new`, pkg], {
        cwd: join(projectRoot, "tools/toolchain", module),
        // -modcacherw: else the module cache is read-only, and cannot be removed without ado.
        env: {
          GOMODCACHE: join(caches, "mod"),
          GOCACHE: join(caches, "build"),
          GOFLAGS: `${process.env.GOFLAGS ?? ""} -modcacherw`,
          GOWORK: "off",
          CGO_ENABLED: "0",
        },
        log,
        signal,
        onLine: (line) => progress(`${title}: ${isPackage(line) ? `${++compiled} packages compiled` : line}`),
        isProgress: isPackage,
        remedy: bothWays,
      });
      renameSync(`${file}.new`, file);
    }
  } finally {
    progress("removing Go's caches");
    rmSync(caches, { recursive: true, force: true });
  }
  return partial;
};

/** @param {string} line @returns {boolean} whether `go build -v` names a package that it has begun to compile */
const isPackage = (line) => /^[\w./~-]+$/.test(line);

/** What a user can do about a toolchain that could not be built. */
const bothWays =
  `There are two ways to Pulumi: install its CLI, ${versions.pulumiSdk} or a later 3.x, from its vendor so that \`pulumi\` is on PATH; ` +
  `or have Go 1.${OLDEST_GO_MINOR} or newer on PATH and a Go module proxy in reach (GOPROXY), and run this again.`;

const checkGo = () => {
  const version = spawnSync("go", ["env", "GOVERSION"], {
    encoding: "utf8",
    env: { ...process.env, GOTOOLCHAIN: "local" },
  });
  const minor = Number(/^go1\.(\d+)/.exec(version.stdout ?? "")?.[1] ?? 0);
  if (minor >= OLDEST_GO_MINOR) return;
  const found = minor ? `only Go 1.${minor}` : "no Go";
  throw new SetupError(`There is no Pulumi CLI that fits, and ${found} to build one. ${bothWays}`);
};

/** @param {string} caches @throws {SetupError} when the build would fill the disk */
const checkSpace = (caches) => {
  mkdirSync(dirname(caches), { recursive: true });
  const { bavail, bsize } = statfsSync(dirname(caches));
  const free = bavail * bsize;
  if (free >= BUILD_BYTES) return;
  throw new SetupError(
    `Building the toolchain takes ${BUILD_BYTES / 1e9} GB below ${cacheRoot()} (all but 0.25 GB of it only meanwhile), and ` +
      `${(free / 1e9).toFixed(1)} GB are free: make room, or name another place with LVS_LAB_CACHE.`,
  );
};
