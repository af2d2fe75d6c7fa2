/** Where the project keeps things on the machine; see `tools/paths.mjs`, which the set-up shares. */
export { cacheRoot, projectRoot, stateRoot } from "../tools/paths.mjs";
