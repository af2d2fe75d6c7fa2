// @ts-check
import { realpathSync } from "node:fs";
import { basename, dirname, join, resolve, sep } from "node:path";
import { projectRoot } from "../../paths.mjs";

/**
 * The directories and programs that a request of the engine may name.
 * @typedef {{
 *   getInfo?(): { getRootDirectory(): string, getProgramDirectory(): string, getEntryPoint(): string } | undefined,
 *   getPwd?(): string,
 *   getDirectory?(): string,
 *   getProgram?(): string,
 * }} Request
 */

/**
 * Refuses a request for a program outside this language host's own checkout. Symbolic links are followed first. Mistakes are caught, not
 * attacks: `nodeargs` can load any file.
 * @param {object} request
 * @throws {Error} naming both directories
 */
export const assertOwnCheckout = (request) => {
  const own = realPath(projectRoot);
  for (const path of pathsIn(request)) {
    const real = realPath(path);
    if (real === own || real.startsWith(own + sep)) continue;
    throw new Error(
      `the language host of ${own} refuses ${path}${real === path ? "" : ` (${real})`}: it runs programs of its own checkout only.\n` +
        `Fix: run pulumi in ${own}, or use another Pulumi CLI for other projects.`,
    );
  }
};

/**
 * The absolute paths in a request. An empty one stands for the working directory, as it does for a child process.
 * @param {Request} request
 * @returns {string[]}
 */
const pathsIn = (request) => {
  const info = request.getInfo?.();
  const base = resolve(info?.getProgramDirectory() ?? request.getPwd?.() ?? "");
  const directories = [
    info?.getRootDirectory(),
    info?.getProgramDirectory(),
    request.getPwd?.(),
    request.getDirectory?.(),
  ];
  const inProgram = [info?.getEntryPoint(), request.getProgram?.()];
  return [
    ...directories.flatMap((path) => (path === undefined ? [] : [resolve(path)])),
    ...inProgram.flatMap((path) => (path === undefined ? [] : [resolve(base, path)])),
  ];
};

/** Follows symbolic links. A path that does not exist is resolved by its folder. @param {string} path @returns {string} */
const realPath = (path) => {
  try {
    return realpathSync(path);
  } catch (error) {
    if (/** @type {NodeJS.ErrnoException} */ (error).code !== "ENOENT" || path === dirname(path)) throw error;
    return join(realPath(dirname(path)), basename(path));
  }
};
