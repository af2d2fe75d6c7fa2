import { instanceOfVip, type Lab, type VirtualService, type VrrpInstance } from "../../../lab/index.ts";
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
  readonly service: VirtualService;
  /** The VRRP instance that holds the service's VIP; undefined where none does. */
  readonly instance: VrrpInstance | undefined;
  readonly evidence: WireEvidence;
  readonly facts: VrrpFacts;
  /** Advertisements of the lab's directors. */
  readonly own: readonly WireAdvert[];
  /** Advertisements of unknown routers for the instance or its addresses. */
  readonly unknownRouters: readonly WireAdvert[];
  /** The directors' masterships, in the order of their beginnings. */
  readonly masterships: readonly Mastership[];
  readonly hints: readonly PowerHint[];
}

export function caseOf(evidence: WireEvidence, lab: Lab, service: VirtualService, hints: readonly PowerHint[]): Case {
  const instance = instanceOfVip(lab, service.vip);
  const facts = vrrpFacts(lab, instance);
  const ours = evidence.adverts.filter(facts.concerns);
  const own = ours.filter((advert) => facts.directorOf(advert) !== undefined);
  return {
    lab,
    service,
    instance,
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
