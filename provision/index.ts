/** What the Pulumi program may use: a class for every resource, and what their arguments are made from. */
export { bridgeOf } from "./host/bridge.ts";
export { libvirtCommandLine } from "./host/image/kernel.ts";
export { diskSize, imageKey, toolPackages } from "./host/image/recipe.ts";
export { seedOf } from "./host/image/seed.ts";
export { labMemory } from "./host/lab-memory.ts";
export { IGNORE_MEMORY, verdictOn } from "./host/memory-verdict.ts";
export { hostOfKind, type LabHostRef, networksUriOf, PACKAGE_PORT, poolOf } from "./host/reach.ts";
export { systemDomain } from "./host/system/domain.ts";
export { clashingCards } from "./host/system/names.ts";
export { LIVE_VERSION } from "./live.ts";
export { directorPackages } from "./os.ts";
export { classes, roleClasses } from "./resources.ts";
export { type RoleInputs, type RoleName, roleInputs, roleNames, roles } from "./roles/index.ts";
export { PEER_COMMENT } from "./roles/peer-keys.ts";
export type { ServerRef } from "./ssh/index.ts";
