export { type Outage, outageOf } from "./outage.ts";
export { Probe } from "./probe.ts";
export type { ArpChange, Jitter, LongLivedConnection, ProbedRequest, ProbeResult } from "./records.ts";
export { connectionsOf, type RequestSeries, seriesOf } from "./series.ts";
export { answersPerServer, areEven, type ServerNames, serverNames } from "./servers.ts";
export { strip } from "./strip.ts";
export { type LoadSummary, summaryOf } from "./summary.ts";
