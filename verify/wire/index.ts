export { Capture, type CaptureResult } from "./capture.ts";
export { diagnose } from "./diagnosis.ts";
export type { WireEvidence } from "./evidence.ts";
export { outageFromWire } from "./outage-from-wire.ts";
export { vipOwners, vrrpStates } from "./spans.ts";
