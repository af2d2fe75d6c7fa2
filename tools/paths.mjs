// @ts-check
import { homedir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

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

/** The checkout: the folder that holds package.json. */
export const projectRoot = dirname(dirname(fileURLToPath(import.meta.url)));
