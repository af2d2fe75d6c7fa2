// @ts-check
/**
 * Runs the project's TypeScript without compiling at every start: a program is compiled into one file at its first start after a source
 * changed, and that file is imported. Transpiling at every start cost each of Pulumi's processes half a second.
 */
import { createHash } from "node:crypto";
import { mkdirSync, readdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from "node:fs";
import { basename, join, relative } from "node:path";
import { pathToFileURL } from "node:url";
import { projectRoot } from "./paths.mjs";
import { nameSources } from "./stack-traces.mjs";

/** Below node_modules, so that Node finds the packages that a compiled program imports. */
const folder = join(projectRoot, "node_modules/.cache/lvs-lab");

const DAY_MS = 24 * 60 * 60 * 1000;

/**
 * Imports a program of the project, compiled.
 * @param {string} entry its TypeScript file, relative to the project's root
 * @returns {Promise<any>} its exports
 */
export async function importCompiled(entry) {
  nameSources();
  const stamp = join(folder, `${entry.replaceAll("/", "-")}.json`);
  try {
    const file = upToDate(stamp) ?? (await compile(entry, stamp));
    return await import(pathToFileURL(join(folder, file)).href);
  } catch (error) {
    if (!isFull(error)) throw error;
    return await importSource(entry);
  }
}

/** Whether the file system is full or read-only. @param {unknown} error */
const isFull = (error) =>
  ["ENOSPC", "EDQUOT", "EROFS"].includes(/** @type {NodeJS.ErrnoException} */ (error).code ?? "");

/**
 * Whether an import failed because a package is missing, as before `npm ci`.
 * @param {unknown} error
 * @returns {boolean}
 */
export const isPackageMissing = (error) => {
  if (!(error instanceof Error)) return false;
  return ("code" in error && error.code === "ERR_MODULE_NOT_FOUND") || isPackageMissing(error.cause);
};

/**
 * Imports a program uncompiled. It starts more slowly but writes nothing, so that a lab can be removed on a full disk. @param {string}
 * entry
 */
async function importSource(entry) {
  process.env.TSX_DISABLE_CACHE = "1";
  const { register } = await import("tsx/esm/api");
  register();
  return await import(pathToFileURL(join(projectRoot, entry)).href);
}

/**
 * The sources of a compiled program: `file` is its name, `inputs` are marks of its sources by their paths below `root`.
 * @typedef {{ root: string, file: string, inputs: Record<string, string> }} Stamp
 */

/**
 * The compiled file, if no source has changed since.
 * @param {string} stamp
 * @returns {string | undefined}
 */
function upToDate(stamp) {
  try {
    /** @type {Stamp} */
    const { root, file, inputs } = JSON.parse(readFileSync(stamp, "utf8"));
    statSync(join(folder, file));
    // Compiled code contains source paths: recompile in a copied checkout.
    if (root !== projectRoot) return undefined;
    return Object.entries(inputs).every(([path, mark]) => markOf(path) === mark) ? file : undefined;
  } catch {
    return undefined;
  }
}

/** A mark that changes with a file's content. @param {string} path */
function markOf(path) {
  const { mtimeMs, ctimeMs, size } = statSync(join(projectRoot, path));
  return `${mtimeMs} ${ctimeMs} ${size}`;
}

/**
 * @param {string} entry
 * @param {string} stamp
 * @returns {Promise<string>} the compiled file's name
 */
async function compile(entry, stamp) {
  const { build } = await import("esbuild").catch((cause) => {
    throw new Error("the project's packages are missing. Fix: `npm run setup`", { cause });
  });
  /** @type {Record<string, string>} */
  const inputs = {};
  const { outputFiles } = await build({
    absWorkingDir: projectRoot,
    entryPoints: [entry],
    bundle: true,
    write: false,
    outfile: join(folder, "compiled.mjs"),
    platform: "node",
    format: "esm",
    target: "node20.19",
    sourcemap: "external",
    sourcesContent: false,
    packages: "external",
    logLevel: "silent", // an error is thrown with its text
    plugins: [loading(inputs)],
  });
  const [map, { contents }] = /** @type {[import("esbuild").OutputFile, import("esbuild").OutputFile]} */ (outputFiles);
  const file = `${entry.replaceAll("/", "-")}.${createHash("sha256").update(contents).digest("hex").slice(0, 16)}.mjs`;
  mkdirSync(folder, { recursive: true });
  writeWhole(join(folder, `${file}.map`), map.contents);
  writeWhole(join(folder, file), contents);
  // Keep recent files: another process may be about to import one.
  for (const old of readdirSync(folder).filter((name) => name.startsWith(basename(stamp, "json"))))
    if (/\.mjs(\.map)?$/.test(old) && Date.now() - statSync(join(folder, old)).mtimeMs > DAY_MS)
      rmSync(join(folder, old), { force: true });
  writeWhole(stamp, JSON.stringify(/** @type {Stamp} */ ({ root: projectRoot, file, inputs })));
  return file;
}

/** Writes a file atomically: concurrent compilers always find a complete file. @param {string} path @param {string | Uint8Array} content */
function writeWhole(path, content) {
  const made = `${path}.${process.pid}`;
  try {
    writeFileSync(made, content);
    renameSync(made, path);
  } finally {
    rmSync(made, { force: true });
  }
}

/**
 * Loads sources and marks them first, so that a source saved meanwhile counts as changed. `import.meta` of each module still names its
 * source.
 * @param {Record<string, string>} inputs gets the marks
 * @returns {import("esbuild").Plugin}
 */
const loading = (inputs) => ({
  name: "loading",
  setup(build) {
    build.onLoad({ filter: /./, namespace: "file" }, ({ path }) => {
      inputs[relative(projectRoot, path)] = markOf(relative(projectRoot, path));
      if (!/\.[cm]?[jt]s$/.test(path)) return undefined;
      const source = readFileSync(path, "utf8");
      if (!source.includes("import.meta.")) return undefined;
      const contents = source
        .replaceAll("import.meta.url", JSON.stringify(pathToFileURL(path).href))
        .replaceAll("import.meta.dirname", JSON.stringify(join(path, "..")));
      return { contents, loader: path.endsWith("ts") ? "ts" : "js" };
    });
  },
});
