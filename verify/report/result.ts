import type { Stage } from "../../lab/lab.ts";
import type { Evidence } from "../live/view.ts";
import type { ArpChange, LoadSummary, LongLivedConnection, Outage, RequestSeries } from "../probe/index.ts";
import type { CaptureInfo, Diagnosis, GratuitousArp, OwnerSpan, VrrpAdvert, VrrpSpan } from "../wire/records.ts";

/**
 * One run of a scenario and all that it saw: `result.json`, JSON as it is. Every figure of the other forms of the report (terminal,
 * JUnit, HTML) is computed from it. Times are milliseconds on the run's clock, which starts with the run and is CLOCK_MONOTONIC of the
 * machine, unless a name says otherwise.
 *
 * A change that a reader could stumble over raises `version`.
 */
export interface RunResult {
  readonly format: "lvs-lab run";
  readonly version: 1;
  readonly stack: string;
  /** ISO 8601, wall clock. */
  readonly startedAt: string;
  readonly durationMs: number;
  /** Whether every step was as it should be, and nothing interrupted the run. */
  readonly passed: boolean;
  /** Why the run ended before its last step: a signal's name, or an error's message. */
  readonly interrupted?: string;
  readonly lab: RunLab;
  readonly scenario: { readonly name: string; readonly title: string; readonly description: string };
  /** In order. Steps that an interruption left out are not there. */
  readonly steps: readonly StepResult[];
  /** What the client saw after each fault and each heal, in order. */
  readonly windows: readonly Window[];
  /** What the wire says happened, by name, in order of `from`. */
  readonly diagnoses: readonly Diagnosis[];
  readonly load: LoadSummary;
  readonly series: Series;
}

/** What of the lab a reader of the report needs. */
export interface RunLab {
  readonly name: string;
  readonly stage: Stage;
  readonly vip: string;
  readonly port: number;
  readonly scheduler: string;
  /** The client's address. */
  readonly client: string;
  readonly acceleration: "kvm" | "qemu";
  readonly servers: readonly {
    readonly name: string;
    readonly role: "director" | "real-server";
    readonly address: string;
    readonly mac: string;
    /** A director's VRRP priority, in stage ha. */
    readonly priority?: number;
  }[];
}

export interface StepResult {
  /** From 1, as in the scenario. */
  readonly n: number;
  readonly kind: "fault" | "heal" | "wait" | "expect";
  /** In words: `power off server1`, `server4 holds the VIP within 5 s`. Of an expectation it says all that is in `expected`. */
  readonly title: string;
  readonly from: number;
  readonly to: number;
  readonly ok: boolean;
  /** Of a fault or a heal: the fault's id and where it was put. */
  readonly fault?: string;
  readonly target?: string;
  /** Of an expectation: what must be seen, without deadlines. */
  readonly expected?: string;
  readonly seen?: string;
  /** What to try, when it is not ok. */
  readonly hint?: string;
  /** The commands that showed it, with their output. */
  readonly evidence: readonly Evidence[];
}

/** From one fault or heal to the next: what the client saw in it, beside what the protocol promises. */
export interface Window {
  /** `StepResult.n` of the fault or heal that opens it; 0 is the time before the first. */
  readonly step: number;
  readonly title: string;
  readonly from: number;
  readonly to: number;
  readonly outage: Outage;
  /** Answered requests by the name of the server that answered. */
  readonly perServer: Readonly<Record<string, number>>;
  /** What VRRP's timers promise for this fault; not there where they have no part. */
  readonly promise?: OutagePromise;
}

/** A band for an outage, in milliseconds, with its arithmetic in words. */
export interface OutagePromise {
  readonly minimumMs: number;
  readonly maximumMs: number;
  /** How much more is accepted. */
  readonly toleranceMs: number;
  /** `3 × 1000 ms + skew 805 ms, less the time since the last advertisement` */
  readonly arithmetic: string;
}

/** What was recorded, for drawing. Parallel arrays of one length are rows of one table. */
export interface Series {
  readonly requests: RequestSeries;
  readonly connections: readonly LongLivedConnection[];
  readonly arp: readonly ArpChange[];
  readonly adverts: readonly VrrpAdvert[];
  readonly gratuitousArp: readonly GratuitousArp[];
  /** Who was in which VRRP state, as its advertisements tell; the states of one server in order, without gaps. */
  readonly vrrpStates: readonly VrrpSpan[];
  /** Who said on the wire that the VIP is at its hardware address, by advertisement, gratuitous ARP and ARP replies. */
  readonly vipOwners: readonly OwnerSpan[];
  readonly capture: CaptureInfo | null;
}
