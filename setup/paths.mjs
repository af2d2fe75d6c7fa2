// @ts-check
import { homedir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { isStackName, stackNameRule } from "./stack-name.mjs";

/**
 * Where the project keeps things on the machine, by the XDG base directory specification:
 * the cache can be thrown away at any time, the state belongs to labs that are up.
 * Plain JavaScript, because the set-up needs it before any package is installed; `provision/paths.ts` re-exports it.
 *
 * @param {string} own the project's variable, which names the folder itself
 * @param {string} variable XDG's variable, which names the folder above it
 * @param {string} fallback the folder above it, below the home directory
 * @returns {string} an absolute path
 */
const xdg = (own, variable, fallback) =>
  process.env[own] || join(process.env[variable] || join(homedir(), fallback), "lvs-lab");

/** Built things, keyed by content: toolchain, guest images, packages. `LVS_LAB_CACHE` overrides. @returns {string} */
export const cacheRoot = () => xdg("LVS_LAB_CACHE", "XDG_CACHE_HOME", ".cache");

/** Labs that are up, and Pulumi's file backend. `LVS_LAB_STATE` overrides. @returns {string} */
export const stateRoot = () => xdg("LVS_LAB_STATE", "XDG_STATE_HOME", ".local/state");

/** The folder of all labs. Nothing else is in it. @returns {string} */
export const labsRoot = () => join(stateRoot(), "labs");

/**
 * The directory of a stack's lab: disks, sockets, logs, transcripts. `down` removes it with all that is in it.
 * @param {string} stack
 * @returns {string} a folder of its own directly below `labsRoot()`
 * @throws {Error} when the name is none that a stack may have
 */
export const labDirectory = (stack) => {
  if (!isStackName(stack)) throw new Error(`no stack can be called "${stack}". ${stackNameRule}`);
  return join(labsRoot(), stack);
};

/** The checkout: the folder that holds package.json. */
export const projectRoot = dirname(dirname(fileURLToPath(import.meta.url)));
