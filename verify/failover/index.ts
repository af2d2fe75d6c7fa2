export { formatFailover } from "./format.ts";
export { type FailoverReport, failoverReport } from "./report.ts";
export { failoverScenario, fitted } from "./scenario.ts";
