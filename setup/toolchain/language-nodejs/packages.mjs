// @ts-check
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

/**
 * A Pulumi package that the project has installed: the plugin it wants, and the parameter that the plugin takes.
 * @typedef {{ name: string, version: string, server: string, parameterization?: { name: string, version: string, value: string } }} PulumiPackage
 */

/**
 * Finds the Pulumi packages in a project's node_modules: those whose package.json says `pulumi: {resource: true}`.
 * npm lays packages flat, so nested node_modules are not looked into.
 * @param {string} directory the project's folder
 * @returns {PulumiPackage[]} empty when nothing is installed
 */
export const pulumiPackages = (directory) => {
  const modules = join(directory, "node_modules");
  return subfolders(modules)
    .flatMap((name) => (name.startsWith("@") ? subfolders(join(modules, name)).map((sub) => join(name, sub)) : [name]))
    .flatMap((name) => {
      const manifest = readJson(join(modules, name, "package.json"));
      const { pulumi } = manifest ?? {};
      if (!pulumi?.resource) return [];
      return [
        {
          name: pulumi.name ?? name.replace(/^@pulumi\//, "").replace(/^@/, ""),
          version: `v${(pulumi.version ?? manifest.version).replace(/^v/, "")}`,
          server: pulumi.server ?? "",
          parameterization: pulumi.parameterization,
        },
      ];
    });
};

/**
 * What the project depends on, by its package-lock.json.
 * @param {string} directory the project's folder
 * @param {boolean} transitive with what those depend on in turn
 * @returns {{ name: string, version: string }[]} empty without a lock file
 */
export const lockedDependencies = (directory, transitive) => {
  /** @type {Record<string, any>} */
  const packages = readJson(join(directory, "package-lock.json"))?.packages ?? {};
  const { dependencies, devDependencies } = packages[""] ?? {};
  const paths = transitive
    ? Object.keys(packages).filter((path) => path.includes("node_modules/"))
    : Object.keys({ ...dependencies, ...devDependencies }).map((name) => `node_modules/${name}`);
  return paths.flatMap((path) => {
    const locked = packages[path];
    const version = locked?.link ? packages[locked.resolved]?.version : locked?.version;
    return version ? [{ name: path.replace(/^.*node_modules\//, ""), version }] : [];
  });
};

/** @param {string} folder @returns {string[]} */
const subfolders = (folder) => {
  try {
    return readdirSync(folder, { withFileTypes: true })
      .filter((entry) => (entry.isDirectory() || entry.isSymbolicLink()) && !entry.name.startsWith("."))
      .map((entry) => entry.name);
  } catch (error) {
    if (/** @type {NodeJS.ErrnoException} */ (error).code === "ENOENT") return [];
    throw error;
  }
};

/** @param {string} file @returns {any} undefined when there is no such file */
const readJson = (file) => {
  try {
    return JSON.parse(readFileSync(file, "utf8"));
  } catch (error) {
    if (/** @type {NodeJS.ErrnoException} */ (error).code === "ENOENT") return undefined;
    throw error;
  }
};
