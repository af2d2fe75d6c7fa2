import type { Control, Setup } from "../../lab/index.ts";
import type { Evidence } from "../live/view.ts";
import type { ArpChange, LoadSummary, LongLivedConnection, Outage, RequestSeries } from "../probe/index.ts";
import type { CaptureInfo, Diagnosis, GratuitousArp, OwnerSpan, VrrpAdvert, VrrpSpan } from "../wire/records.ts";

/**
 * One run of a scenario with everything that it recorded: the content of `result.json`. Every figure in the other forms of the report
 * (terminal, JUnit, HTML) is computed from it. Times are milliseconds on the run's clock, which starts with the run and is CLOCK_MONOTONIC
 * of the machine, unless a name says otherwise.
 *
 * A change that could break a reader raises `version`.
 */
export interface RunResult {
  readonly format: "lvs-lab run";
  readonly version: 2;
  readonly stack: string;
  /** ISO 8601, wall clock. */
  readonly startedAt: string;
  readonly durationMs: number;
  /** Whether every step passed and nothing interrupted the run. */
  readonly passed: boolean;
  /** Why the run ended before its last step: the name of a signal, or the message of an error. */
  readonly interrupted?: string;
  readonly lab: RunLab;
  readonly scenario: { readonly name: string; readonly title: string; readonly description: string };
  /** In order. Steps after an interruption are absent. */
  readonly steps: readonly StepResult[];
  /** What the client saw after each fault and each heal, in order. */
  readonly windows: readonly Window[];
  /** The events that the wire shows, by name, in order of `from`. */
  readonly diagnoses: readonly Diagnosis[];
  readonly load: LoadSummary;
  readonly series: Series;
}

/** The part of the lab that a reader of the report needs. */
export interface RunLab {
  readonly name: string;
  readonly setup: Setup;
  readonly control: Control;
  /** The name of the virtual service that the run was about. */
  readonly service: string;
  /** The name of the VRRP instance that holds its VIP; null where ipvsadm is in control. */
  readonly instance: string | null;
  /** The name of the network that the VIP lies in. */
  readonly network: string;
  readonly vip: string;
  readonly port: number;
  /** IPVS's name of it; `a proxy` where a proxy on the director shares out requests. */
  readonly scheduler: string;
  /** The client's address. */
  readonly client: string;
  readonly acceleration: "kvm" | "qemu";
  readonly servers: readonly {
    readonly name: string;
    readonly role: "director" | "real-server";
    readonly address: string;
    readonly mac: string;
    /** A director's VRRP priority in the instance. */
    readonly priority?: number;
  }[];
}

export interface StepResult {
  /** From 1, as in the scenario. */
  readonly n: number;
  /** `change`: new files are put on a server, as `lvs-lab rehearse --from --to` does. */
  readonly kind: "fault" | "heal" | "wait" | "expect" | "change";
  /** In words: `power off server1`, `server4 holds the VIP within 5 s`. An expectation's title contains all of `expected`. */
  readonly title: string;
  readonly from: number;
  readonly to: number;
  readonly ok: boolean;
  /** For a fault or a heal: the fault's id and its target. */
  readonly fault?: string;
  readonly target?: string;
  /** For an expectation: what must be seen, without deadlines. */
  readonly expected?: string;
  readonly seen?: string;
  /** What to try if it is not ok. */
  readonly hint?: string;
  /** The commands behind the result, with their output. */
  readonly evidence: readonly Evidence[];
}

/** The time from one fault, heal or change to the next: what the client saw, beside what the protocol promises. */
export interface Window {
  /** `StepResult.n` of the fault, heal or change that opens it; 0 is the time before the first. */
  readonly step: number;
  readonly title: string;
  readonly from: number;
  readonly to: number;
  readonly outage: Outage;
  /** Answered requests by the name of the server that answered. */
  readonly perServer: Readonly<Record<string, number>>;
  /** The outage that VRRP's timers promise for this fault; absent if they play no part. */
  readonly promise?: OutagePromise;
}

/** The promised range of an outage, in milliseconds, with its arithmetic in words. */
export interface OutagePromise {
  readonly minimumMs: number;
  readonly maximumMs: number;
  /** How much is accepted beyond the maximum. */
  readonly toleranceMs: number;
  /** `3 × 1000 ms + skew 805 ms, less the time since the last advertisement` */
  readonly arithmetic: string;
}

/** The recorded data, for drawing. Parallel arrays of one length are columns of one table. */
export interface Series {
  readonly requests: RequestSeries;
  readonly connections: readonly LongLivedConnection[];
  readonly arp: readonly ArpChange[];
  readonly adverts: readonly VrrpAdvert[];
  readonly gratuitousArp: readonly GratuitousArp[];
  /** The VRRP state of each router, as its advertisements show; the states of one server are in order, without gaps. */
  readonly vrrpStates: readonly VrrpSpan[];
  /** The hosts that claimed the VIP on the wire, by advertisement, gratuitous ARP or ARP reply. */
  readonly vipOwners: readonly OwnerSpan[];
  readonly capture: CaptureInfo | null;
}
