import { copyFile, mkdir, readdir, readFile, rm, stat } from "node:fs/promises";
import { dirname, join, relative } from "node:path";
import { contentHash } from "../../../setup/content-hash.mjs";
import { META, withPlace } from "../../../setup/import-meta.mjs";
import { cacheRoot, projectRoot } from "../../paths.ts";
import { type BuildOptions, buildOnce, type Store } from "../build.ts";
import { sizesOfFiles } from "../manifest.ts";

/** The programs of the project that run on a lab host's machine, bundled: nothing of the project is installed there. */
export const programStore = (): Store => ({
  directory: join(cacheRoot(), "programs"),
  what: "the lab host's programs",
  measure: sizesOfFiles,
});

/** The agent's file in a bundle. */
export const AGENT = "agent.mjs";

/** Files beside the agent, at their paths in the project: what it starts or copies, and what `LabHost.node` runs. */
const files = [
  "provision/host/private/init.sh",
  "provision/host/private/keep-groups.pl",
  "provision/host/private/libvirt/libvirtd.conf",
  "provision/host/private/libvirt/qemu.conf",
  "provision/host/userland/recipe.ts",
  "provision/host/userland/enter.sh",
  "provision/host/userland/tool.sh",
  "verify/probe/probe.mjs",
  "verify/probe/source-ports.mjs",
];

/** Everything that is bundled is below these, or locked by package-lock.json. */
const sources = ["lab", "provision", "setup", "verify/probe", "package-lock.json"];

/** The bundle of this version of the project: its name in the store is a hash over the sources. */
export const programsKey = (): string => contentHash(projectRoot, sources);

/** Bundles the programs, unless the cache has them. @returns the name in the store */
export async function bundlePrograms(options: BuildOptions = {}): Promise<string> {
  const name = programsKey();
  const store = programStore();
  await buildOnce({ store, name, build: (scratch) => bundle(join(scratch, "result")) }, options);
  await removeOld(store, name);
  return name;
}

const DAY_MS = 24 * 60 * 60 * 1000;

/** A checkout that still wants one bundles it again, in a tenth of a second. */
async function removeOld({ directory }: Store, wanted: string): Promise<void> {
  for (const name of (await readdir(directory)).filter((one) => /^[0-9a-f]{16}$/.test(one) && one !== wanted)) {
    const old = Date.now() - ((await stat(join(directory, name)).catch(() => undefined))?.mtimeMs ?? 0) > DAY_MS;
    if (old) await rm(join(directory, name), { recursive: true, force: true });
  }
}

/** CommonJS packages require Node's own modules. */
const banner = `import { createRequire as __createRequire } from "node:module";
import { dirname as __dirnameOf } from "node:path";
import { fileURLToPath as __pathOf } from "node:url";
const require = __createRequire(${META}.url);
const __root = new URL("./", ${META}.url).href;`;

async function bundle(result: string): Promise<void> {
  const { build } = await import("esbuild");
  await build({
    absWorkingDir: projectRoot,
    entryPoints: [relative(projectRoot, join(import.meta.dirname, "agent.ts"))],
    bundle: true,
    outfile: join(result, AGENT),
    platform: "node",
    format: "esm",
    target: "node20.19",
    logLevel: "silent", // an error is thrown with its text
    banner: { js: banner },
    plugins: [placed],
  });
  for (const file of files) {
    await mkdir(dirname(join(result, file)), { recursive: true });
    await copyFile(join(projectRoot, file), join(result, file));
  }
}

/** `import.meta` of a module names its path below the bundle's folder, where the files are that belong to it. */
const placed: import("esbuild").Plugin = {
  name: "placed",
  setup(build) {
    build.onLoad({ filter: /\.[cm]?[jt]s$/, namespace: "file" }, async ({ path }) => {
      if (path.includes("/node_modules/")) return undefined;
      const url = `(__root + ${JSON.stringify(relative(projectRoot, path))})`;
      const contents = withPlace(await readFile(path, "utf8"), { url, dirname: `__dirnameOf(__pathOf(${url}))` });
      return contents === undefined ? undefined : { contents, loader: path.endsWith("ts") ? "ts" : "js" };
    });
  },
};
