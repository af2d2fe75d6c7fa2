/** What the Pulumi program needs to build a rehearsal. */
export { directorOf } from "./directors/director.ts";
export { FolderError, readFolder } from "./folder.ts";
export { accountsOf } from "./plan/accounts.ts";
export { type Next, nextOf } from "./plan/extend.ts";
export { readPlan } from "./plan/file.ts";
export { filesOf, plannedFilesOf } from "./plan/files.ts";
export { labOfPlan } from "./plan/lab.ts";
export { serverNameOf } from "./plan/names.ts";
export type { Plan } from "./plan/plan.ts";
export { standInsOf } from "./plan/stand-ins.ts";
