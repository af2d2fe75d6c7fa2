import type { Lab, VirtualService } from "../../lab/index.ts";
import { diagnoseArpConflicts } from "./diagnoses/arp-conflict.ts";
import { caseOf, type PowerHint } from "./diagnoses/case.ts";
import { diagnoseHandovers } from "./diagnoses/handovers.ts";
import { diagnoseNoMaster } from "./diagnoses/no-master.ts";
import { diagnoseSplitBrain } from "./diagnoses/split-brain.ts";
import { diagnoseRogueRouters, diagnoseWrongPasswords } from "./diagnoses/unknown-routers.ts";
import type { WireEvidence } from "./evidence.ts";
import type { Diagnosis } from "./records.ts";

/**
 * Diagnoses of a capture, in the order of their beginnings. docs/probe.md has the rule of each.
 * @param service whose VIP the capture is about, with the VRRP instance that holds it
 * @param hints times in which machines were off or paused: on the wire, these look the same until the machine returns
 */
export function diagnose(
  evidence: WireEvidence,
  lab: Lab,
  service: VirtualService,
  hints: readonly PowerHint[] = [],
): Diagnosis[] {
  const the = caseOf(evidence, lab, service, hints);
  const ofVrrp = [
    ...diagnoseSplitBrain(the),
    ...diagnoseRogueRouters(the),
    ...diagnoseWrongPasswords(the),
    ...diagnoseHandovers(the),
    ...diagnoseNoMaster(the),
  ];
  return [...ofVrrp, ...diagnoseArpConflicts(the, ofVrrp)].sort((one, other) => one.from - other.from);
}
