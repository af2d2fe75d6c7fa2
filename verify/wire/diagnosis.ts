import type { Lab } from "../../lab/lab.ts";
import { diagnoseArpConflicts } from "./diagnoses/arp-conflict.ts";
import { caseOf, type PowerHint } from "./diagnoses/case.ts";
import { diagnoseHandovers } from "./diagnoses/handovers.ts";
import { diagnoseNoMaster } from "./diagnoses/no-master.ts";
import { diagnoseSplitBrain } from "./diagnoses/split-brain.ts";
import { diagnoseRogueRouters, diagnoseWrongPasswords } from "./diagnoses/strangers.ts";
import type { WireEvidence } from "./evidence.ts";
import type { Diagnosis } from "./records.ts";

/**
 * What happened, by name, as far as the wire shows it; in the order in which it began. docs/probe.md has each one's rule.
 * @param hints what the caller knows of the servers' power: a machine that is off or paused looks the same until it comes back
 */
export function diagnose(evidence: WireEvidence, lab: Lab, hints: readonly PowerHint[] = []): Diagnosis[] {
  const the = caseOf(evidence, lab, hints);
  const ofVrrp = [
    ...diagnoseSplitBrain(the),
    ...diagnoseRogueRouters(the),
    ...diagnoseWrongPasswords(the),
    ...diagnoseHandovers(the),
    ...diagnoseNoMaster(the),
  ];
  return [...ofVrrp, ...diagnoseArpConflicts(the, ofVrrp)].sort((one, other) => one.from - other.from);
}
