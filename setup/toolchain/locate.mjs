// @ts-check
import { execFileSync } from "node:child_process";
import { existsSync, realpathSync } from "node:fs";
import { delimiter, join, sep } from "node:path";
import { contentHash } from "../content-hash.mjs";
import { cacheRoot, projectRoot } from "../paths.mjs";
import { versions } from "./recipe.mjs";

/** Where toolchains are, one folder for each key. @returns {string} */
const toolchains = () => join(cacheRoot(), "toolchain");

/** The key of the toolchain that this checkout wants. @returns {string} */
export const toolchainKey = () => contentHash(join(projectRoot, "setup/toolchain"), ["recipe.mjs", "cli", "bridge"]);

/**
 * The folder of the toolchain that this checkout wants; it is there only when it is complete.
 * In it: `bin/pulumi` and its language host, `libexec/gensdk`, and `home/` with the plugins as they lie below a PULUMI_HOME.
 * @returns {string}
 */
export const toolchainDirectory = () => join(toolchains(), toolchainKey());

/**
 * How this checkout gets at Pulumi: a CLI that the user has installed (`pulumi` is its file), or the one built here
 * (`directory` is its toolchain).
 * @typedef {{ kind: "official", pulumi: string, version: string } | { kind: "built", directory: string }} Toolchain
 */

/**
 * Finds the toolchain to use: a fit official CLI comes first, for its user chose it and its own language host
 * goes with it; else the one in the cache.
 * @returns {Toolchain | undefined} undefined when one has to be built
 */
export const locateToolchain = () => {
  const pulumi = findOfficial(process.env.PATH ?? "");
  const version = pulumi && versionOf(pulumi);
  if (pulumi && version && isFit(version)) return { kind: "official", pulumi, version };
  const directory = toolchainDirectory();
  return existsSync(directory) ? { kind: "built", directory } : undefined;
};

/**
 * Says whether a CLI of this version works with the SDK that package.json pins: one of the same major version that is
 * not older. The CLI's protocol grows compatibly, so an SDK works with every later CLI; an older CLI may lack
 * what the SDK asks for.
 * @param {string} version as `pulumi version` prints it, for example "v3.246.0"
 * @returns {boolean} false also for what is no released version
 */
export const isFit = (version) => {
  const wanted = numbers(versions.pulumiSdk);
  const found = numbers(version);
  if (!wanted || !found || found[0] !== wanted[0]) return false;
  return found[1] > wanted[1] || (found[1] === wanted[1] && found[2] >= wanted[2]);
};

/** @param {string} version @returns {[number, number, number] | undefined} */
const numbers = (version) => {
  const match = /^v?(\d+)\.(\d+)\.(\d+)$/.exec(version.trim());
  return match ? [Number(match[1]), Number(match[2]), Number(match[3])] : undefined;
};

/**
 * The first `pulumi` on a PATH that is not one built here and has its language host with it, beside it or on PATH too.
 * @param {string} path
 * @returns {string | undefined} its file
 */
const findOfficial = (path) => {
  const folders = path.split(delimiter).filter(Boolean);
  const pulumi = folders.map((folder) => join(folder, "pulumi")).find((file) => existsSync(file) && !isOurs(file));
  if (!pulumi) return undefined;
  const beside = join(realpathSync(pulumi), "..");
  const host = [beside, ...folders].some((folder) => existsSync(join(folder, "pulumi-language-nodejs")));
  return host ? pulumi : undefined;
};

/** @param {string} file */
const isOurs = (file) => existsSync(toolchains()) && realpathSync(file).startsWith(realpathSync(toolchains()) + sep);

/**
 * What `pulumi version` says, by its file: a process asks once.
 * @type {Map<string, string | undefined>}
 */
const asked = new Map();

/** @param {string} pulumi @returns {string | undefined} undefined when it does not run */
const versionOf = (pulumi) => {
  if (!asked.has(pulumi)) asked.set(pulumi, askVersion(pulumi));
  return asked.get(pulumi);
};

/** @param {string} pulumi @returns {string | undefined} */
const askVersion = (pulumi) => {
  try {
    const env = { ...process.env, PULUMI_SKIP_UPDATE_CHECK: "true" };
    return execFileSync(pulumi, ["version"], { encoding: "utf8", env, stdio: ["ignore", "pipe", "ignore"] }).trim();
  } catch {
    return undefined;
  }
};
