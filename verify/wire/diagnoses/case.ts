import type { Lab } from "../../../lab/lab.ts";
import type { WireAdvert, WireEvidence } from "../evidence.ts";
import { type Mastership, mastershipsOf, type VrrpFacts, vrrpFacts } from "../masterships.ts";

/** A time in which a server's machine was off or paused, known to the caller beside the wire. */
export interface PowerHint {
  readonly server: string;
  readonly state: "off" | "paused";
  readonly from: number;
  /** Null while it lasts. */
  readonly to: number | null;
}

/** The evidence of all diagnoses, sorted once. */
export interface Case {
  readonly lab: Lab;
  readonly evidence: WireEvidence;
  readonly facts: VrrpFacts;
  /** Advertisements of the lab's directors. */
  readonly own: readonly WireAdvert[];
  /** Advertisements of unknown routers for the lab's virtual router or its VIP. */
  readonly unknownRouters: readonly WireAdvert[];
  /** The directors' masterships, in the order of their beginnings. */
  readonly masterships: readonly Mastership[];
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
    unknownRouters: ours.filter((advert) => facts.directorOf(advert) === undefined),
    masterships: mastershipsOf(own, facts, (advert) => facts.directorOf(advert) ?? advert.source),
    hints,
  };
}

/** The end of a state that was last seen at a moment; null if the capture ended so soon after that it may continue. */
export const endOf = (lastSeen: number, { evidence, facts }: Case): number | null =>
  evidence.to - lastSeen < 2 * facts.intervalMs ? null : lastSeen;
