import type { Lab } from "../../../lab/lab.ts";
import type { WireAdvert, WireEvidence } from "../evidence.ts";
import { type Reign, reignsOf, type VrrpFacts, vrrpFacts } from "../reigns.ts";

/** What the caller knows of a server beside the wire: that its machine was off, or stood still, for a time. */
export interface PowerHint {
  readonly server: string;
  readonly state: "off" | "paused";
  readonly from: number;
  /** Null: it still is. */
  readonly to: number | null;
}

/** What all diagnoses are made from, put in order once. */
export interface Case {
  readonly lab: Lab;
  readonly evidence: WireEvidence;
  readonly facts: VrrpFacts;
  /** Those of the lab's own directors. */
  readonly own: readonly WireAdvert[];
  /** Those for the lab's virtual router or its VIP from anybody else. */
  readonly foreign: readonly WireAdvert[];
  /** The directors' reigns, in the order in which they began. */
  readonly reigns: readonly Reign[];
  readonly hints: readonly PowerHint[];
}

export function caseOf(evidence: WireEvidence, lab: Lab, hints: readonly PowerHint[]): Case {
  const facts = vrrpFacts(lab);
  const ours = evidence.adverts.filter(facts.concerns);
  const own = ours.filter((advert) => facts.directorOf(advert) !== undefined);
  return {
    lab,
    evidence,
    facts,
    own,
    foreign: ours.filter((advert) => facts.directorOf(advert) === undefined),
    reigns: reignsOf(own, facts, (advert) => facts.directorOf(advert) ?? advert.source),
    hints,
  };
}

/** The end of something that was last seen at a moment; null if that was so shortly before the capture's end that it may go on. */
export const endOf = (lastSeen: number, { evidence, facts }: Case): number | null =>
  evidence.to - lastSeen < 2 * facts.intervalMs ? null : lastSeen;
