/** What the rest of the project knows of a lab: the model, what is asked of it, and how it is read. */
export { detectionTime } from "./bfd.ts";
export { bfdSessionsOf, bfdSessionsWith } from "./bfd-sessions.ts";
export { quotedCommand } from "./command.ts";
export * from "./elections.ts";
export { labFileOf, labNames } from "./files.ts";
export { forwardingMethods } from "./forwarding/index.ts";
export type { ForwardingMethod } from "./forwarding/method.ts";
export { firstCheckTime, longestTime, removalTime, returnTime, seesFailure } from "./health-check-time.ts";
export { dnsDefaults, dnsTypes } from "./health-checks/dns.ts";
export {
  type HealthCheck,
  type HealthCheckType,
  healthCheckFrom,
  healthCheckKind,
  healthCheckTypes,
  retriesOf,
} from "./health-checks/index.ts";
export { type RealServerFailure, realServerFailures, type SecondsBand } from "./health-checks/kind.ts";
export { SMTP_PORT } from "./health-checks/smtp.ts";
export * from "./ip.ts";
export type * from "./model.ts";
export { defaultOs, type GuestOs, guestOs, guestOses, osWords } from "./os.ts";
export { serverOfPage } from "./pages.ts";
export * from "./queries.ts";
export { parseLab, readLab } from "./read.ts";
export { withPresentOs } from "./recorded.ts";
export type { SchedulingMethod } from "./schedulers/method.ts";
export { arpCures, protocols, schedulers } from "./schema.ts";
export { type Reaction, reactionTo, type Tracked, trackedBy } from "./tracking.ts";
export { masterDownInterval, promisedOutage, skew } from "./vrrp.ts";
export { warningsOf } from "./warnings.ts";
export { FileError, formatFileError, type Problem } from "./yaml/problem.ts";
