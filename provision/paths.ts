/** The project's paths on the machine; see `setup/paths.mjs`, which the set-up shares. */
export { cacheRoot, labDirectory, labsRoot, projectRoot, SOCKET_PATH_BYTES, stateRoot } from "../setup/paths.mjs";
export { isStackName, stackNameRule } from "../setup/stack-name.mjs";
