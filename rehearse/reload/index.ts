export { writeRollOut } from "./record.ts";
export { ReloadRehearsal } from "./rehearsal.ts";
export { formatReload } from "./row.ts";
