// @ts-check
/**
 * Runs the project's TypeScript without compiling at every start: a program is compiled into one file at its first start after a source
 * changed, and that file is run, with the machine code that V8 made of it the last time. Transpiling at every start cost each of Pulumi's
 * processes half a second, and V8's own compiling half of what a short command takes.
 */
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { basename, dirname, join, relative } from "node:path";
import { pathToFileURL } from "node:url";
import { Script } from "node:vm";
import { withPlace } from "./import-meta.mjs";
import { projectRoot } from "./paths.mjs";
import { withMarks } from "./source-map.mjs";
import { nameSources } from "./stack-traces.mjs";

/** Below node_modules, so that Node finds the packages that a compiled program imports. */
const folder = join(projectRoot, "node_modules/.cache/lvs-lab");

/** This file: what it compiles differs with it. */
const SELF = "setup/compiled.mjs";

const DAY_MS = 24 * 60 * 60 * 1000;

/**
 * Packages that every command loads at its start. They become part of the compiled file: to find, read and compile their own files took a third of a
 * start. The others are loaded when they are needed, as Node finds them.
 */
const BUNDLED = new Set(["commander", "fdir", "ipaddr.js", "microdiff", "picomatch", "tinyglobby", "yaml", "zod"]);

/**
 * Imports a program of the project, compiled. It has no top-level await.
 * @param {string} entry its TypeScript file, relative to the project's root
 * @returns {Promise<any>} its exports
 */
export async function importCompiled(entry) {
  nameSources();
  const stamp = join(folder, `${entry.replaceAll("/", "-")}.json`);
  try {
    const file = upToDate(stamp) ?? (await compile(entry, stamp));
    return load(join(folder, file));
  } catch (error) {
    if (!isFull(error)) throw error;
    return await importSource(entry);
  }
}

/**
 * Runs a compiled file as a CommonJS module. V8's code cache is beside it, one for each version of Node, and V8 itself refuses one that it cannot use. It is
 * made when the first run ends, so that it has the functions that were used.
 * @param {string} path
 * @returns {any} its exports
 */
function load(path) {
  const cache = `${path}.${process.version}.cache`;
  const cachedData = existsSync(cache) ? readFileSync(cache) : undefined;
  const script = new Script(
    `(function (exports, require, module, __filename, __dirname) {${readFileSync(path, "utf8")}\n})`,
    {
      filename: pathToFileURL(path).href,
      ...(cachedData ? { cachedData } : {}),
    },
  );
  if (!cachedData || script.cachedDataRejected)
    process.once("exit", () => {
      try {
        writeWhole(cache, script.createCachedData());
      } catch {
        // A disk that is full costs the next start some time.
      }
    });
  const module = { exports: {} };
  script.runInThisContext()(module.exports, createRequire(path), module, path, dirname(path));
  return module.exports;
}

/** Whether the file system is full or read-only. @param {unknown} error */
const isFull = (error) =>
  ["ENOSPC", "EDQUOT", "EROFS"].includes(/** @type {NodeJS.ErrnoException} */ (error).code ?? "");

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
    if (inputs[SELF] === undefined) return undefined; // compiled by an earlier version of this file
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
  const { build } = await import("esbuild");
  /** @type {Record<string, string>} */
  const inputs = { [SELF]: markOf(SELF) };
  const { outputFiles } = await build({
    absWorkingDir: projectRoot,
    entryPoints: [entry],
    bundle: true,
    write: false,
    outfile: join(folder, "compiled.cjs"),
    platform: "node",
    format: "cjs",
    target: "node20.19",
    supported: { "dynamic-import": false }, // it becomes require(), which code from V8's cache has, too
    sourcemap: "external",
    sourcesContent: false,
    logLevel: "silent", // an error is thrown with its text
    plugins: [packages, loading(inputs)],
  });
  const [map, { contents }] = /** @type {[import("esbuild").OutputFile, import("esbuild").OutputFile]} */ (outputFiles);
  const file = `${entry.replaceAll("/", "-")}.${createHash("sha256").update(contents).digest("hex").slice(0, 16)}.cjs`;
  mkdirSync(folder, { recursive: true });
  writeWhole(join(folder, `${file}.map`), JSON.stringify(withMarks(JSON.parse(map.text))));
  writeWhole(join(folder, file), contents);
  // Keep recent files: another process may be about to import one.
  for (const old of readdirSync(folder).filter((name) => name.startsWith(basename(stamp, "json"))))
    if (/\.[cm]js(\.map|\.v[\d.]+\.cache)?$/.test(old) && Date.now() - statSync(join(folder, old)).mtimeMs > DAY_MS)
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
 * Leaves packages to Node, but for the bundled ones that are there.
 * @type {import("esbuild").Plugin}
 */
const packages = {
  name: "packages",
  setup(build) {
    build.onResolve({ filter: /^[^./]/ }, ({ path, kind }) => {
      if (kind === "entry-point") return undefined;
      const name = path
        .split("/")
        .slice(0, path.startsWith("@") ? 2 : 1)
        .join("/");
      if (BUNDLED.has(name) && existsSync(join(projectRoot, "node_modules", name))) return undefined;
      return { path, external: true };
    });
  },
};

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
      const contents = withPlace(readFileSync(path, "utf8"), {
        url: JSON.stringify(pathToFileURL(path).href),
        dirname: JSON.stringify(dirname(path)),
      });
      return contents === undefined ? undefined : { contents, loader: path.endsWith("ts") ? "ts" : "js" };
    });
  },
});
