/** Where the project keeps things on the machine; see `tools/paths.mjs`, which the set-up shares. */
export { cacheRoot, labDirectory, labsRoot, projectRoot, stateRoot } from "../tools/paths.mjs";
export { isStackName, stackNameRule } from "../tools/stack-name.mjs";
