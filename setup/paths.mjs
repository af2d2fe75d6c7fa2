// @ts-check
import { homedir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { isStackName, stackNameRule } from "./stack-name.mjs";

/**
 * The project's paths on the machine, by the XDG base directory specification: the cache may be removed at any time; the state belongs to
 * running labs. Plain JavaScript, because the set-up needs it before any package is installed; `provision/paths.ts` re-exports it.
 * @param {string} own the project's variable, which names the directory itself
 * @param {string} variable XDG's variable, which names the parent directory
 * @param {string} fallback the parent directory, relative to the home directory
 * @returns {string} an absolute path
 */
const xdg = (own, variable, fallback) =>
  process.env[own] || join(process.env[variable] || join(homedir(), fallback), "lvs-lab");

/** The longest path of a Unix socket: sockaddr_un has 108 bytes including the NUL, unix(7). */
export const SOCKET_PATH_BYTES = 107;

/** Builds, keyed by content: toolchain, guest images, packages. `LVS_LAB_CACHE` overrides. @returns {string} */
export const cacheRoot = () => xdg("LVS_LAB_CACHE", "XDG_CACHE_HOME", ".cache");

/** Running labs and Pulumi's file backend. `LVS_LAB_STATE` overrides. @returns {string} */
export const stateRoot = () => xdg("LVS_LAB_STATE", "XDG_STATE_HOME", ".local/state");

/** The directory of all labs; contains nothing else. @returns {string} */
export const labsRoot = () => join(stateRoot(), "labs");

/**
 * The directory of a stack's lab: disks, sockets, logs, transcripts. `down` removes it with its contents.
 * @param {string} stack
 * @returns {string} a directory directly below `labsRoot()`
 * @throws {Error} when a stack cannot have the name
 */
export const labDirectory = (stack) => {
  if (!isStackName(stack)) throw new Error(`no stack can be called "${stack}". ${stackNameRule}`);
  return join(labsRoot(), stack);
};

/** The checkout: the directory with package.json. */
export const projectRoot = dirname(dirname(fileURLToPath(import.meta.url)));
