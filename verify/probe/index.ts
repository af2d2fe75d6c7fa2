export { type Outage, outageOf } from "./outage.ts";
export { Probe } from "./probe.ts";
export type { ArpChange, Jitter, ProbedRequest, ProbeResult } from "./records.ts";
export { connectionsOf, seriesOf } from "./series.ts";
export { answersPerServer, areEven, type ServerNames, serverNames } from "./servers.ts";
export { strip } from "./strip.ts";
export { summaryOf } from "./summary.ts";
