import type { Stage } from "../../lab/lab.ts";
import type { Evidence } from "../live/view.ts";
import type { ArpChange, Jitter, Outage } from "../probe/index.ts";

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

/** Something that the wire shows to have happened, by its name. */
export interface Diagnosis {
  readonly id:
    | "split-brain"
    | "frozen-director"
    | "rogue-router"
    | "wrong-password"
    | "master-crash"
    | "clean-handover"
    | "preemption"
    | "arp-conflict"
    | "no-master";
  /** One sentence: `server1 and server4 were both master for 12.3 s`. */
  readonly title: string;
  readonly from: number;
  /** Null: not over when the run ended. */
  readonly to: number | null;
  /** Servers' names, or addresses of hosts that are none of the lab's. */
  readonly who: readonly string[];
  /** What it was concluded from, a line each. */
  readonly because: readonly string[];
}

export interface LoadSummary {
  readonly intervalMs: number;
  readonly timeoutMs: number;
  /** How many connections were held open all the time, a line every so often on each. */
  readonly longLived: number;
  /** The whole run's counts, from the first request to the last. */
  readonly counts: Outage["counts"];
  readonly perServer: Readonly<Record<string, number>>;
  /** Of answered requests, in milliseconds. */
  readonly latency: {
    readonly medianMs: number;
    readonly p95Ms: number;
    readonly p99Ms: number;
    readonly maxMs: number;
  };
  /** How late the probe itself was. */
  readonly jitter: Jitter;
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

export interface RequestSeries {
  readonly due: readonly number[];
  readonly started: readonly number[];
  /** Null: never. */
  readonly connected: readonly (number | null)[];
  readonly ended: readonly number[];
  /** Index into `outcomes`. */
  readonly outcome: readonly number[];
  readonly outcomes: readonly ["answered", "delayed", "failed"];
  /** Index into `servers`; -1: none answered. */
  readonly server: readonly number[];
  /** Names of servers; a page that none of them serves stands for itself, at most 40 characters. */
  readonly servers: readonly string[];
  /** Index into `errors`; -1: none. */
  readonly error: readonly number[];
  readonly errors: readonly string[];
}

/** A connection that is kept open, with a request on it every so often. */
export interface LongLivedConnection {
  readonly id: number;
  readonly opened: number;
  /** Null: open until the run ended. */
  readonly closed: number | null;
  /**
   * Why it closed before it was told to: the system's code (ECONNRESET …), TIMEOUT, or CLOSED: by the server, between two answers and
   * without having said so in the last one (`Connection: close`).
   */
  readonly error?: string;
  readonly server: string;
  /** When each answer came. */
  readonly answers: readonly number[];
}

/** One VRRPv2 advertisement (RFC 3768, section 5.1) or VRRPv3 one, as it passed the lab's bridge. */
export interface VrrpAdvert {
  readonly at: number;
  /** IPv4 source address. */
  readonly source: string;
  readonly mac: string;
  readonly version: number;
  readonly virtualRouterId: number;
  readonly priority: number;
  /** Milliseconds. */
  readonly intervalMs: number;
  readonly addresses: readonly string[];
}

/** An ARP packet that says whose the VIP is without having been asked (RFC 5227, section 3): sender and target address are the same. */
export interface GratuitousArp {
  readonly at: number;
  readonly mac: string;
  readonly kind: "request" | "reply";
}

export interface VrrpSpan {
  /** A server's name, or an address that is none of the lab's. */
  readonly server: string;
  readonly state: "MASTER" | "BACKUP" | "silent";
  readonly from: number;
  readonly to: number;
}

export interface OwnerSpan {
  readonly mac: string;
  /** The server that has the MAC; not there if it is none of the lab's. */
  readonly server?: string;
  readonly from: number;
  readonly to: number;
}

export interface CaptureInfo {
  /** Beside result.json. */
  readonly file: string;
  readonly packets: number;
  readonly dropped: number;
  /** How far the capture's clock may be off the run's, in milliseconds. */
  readonly clockErrorMs: number;
}
