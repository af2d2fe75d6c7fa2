// @ts-check
import { createHash } from "node:crypto";
import { readdirSync, readFileSync, statSync } from "node:fs";
import { join, relative } from "node:path";

/**
 * A cache key: a hash over files' names and contents. Follows symbolic links.
 * @param {string} root names are taken relative to it
 * @param {string[]} paths files, or directories with everything below them; relative to `root`
 * @returns {string} 16 hexadecimal digits
 * @throws when one of the paths does not exist
 */
export const contentHash = (root, paths) => {
  const hash = createHash("sha256");
  const files = paths.map((path) => join(root, path)).flatMap(filesBelow);
  for (const file of files.sort()) hash.update(`\0${relative(root, file)}\0`).update(readFileSync(file));
  return hash.digest("hex").slice(0, 16);
};

/**
 * @param {string} path
 * @returns {string[]} the file itself, or every file below the directory
 */
export const filesBelow = (path) =>
  statSync(path).isDirectory() ? readdirSync(path).flatMap((name) => filesBelow(join(path, name))) : [path];
