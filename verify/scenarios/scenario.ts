import type { Stage } from "../../lab/lab.ts";
import type { Diagnosis } from "../wire/records.ts";

/**
 * A scenario as its file describes it: valid, complete (every default is filled in), frozen through and through. It is about no lab in
 * particular: servers are named by selectors, which `resolve` turns into names. All durations are milliseconds.
 */
export interface Scenario {
  /** The file's name without directory and extension: how it is chosen. */
  readonly name: string;
  /** As it was given to the parser, and the text that was in it: for messages with a place. */
  readonly file: string;
  readonly text: string;
  readonly title: string;
  /** What it shows and why it comes out so; several sentences, without line breaks of the file's folding. May be empty. */
  readonly description: string;
  /** The stages of the labs that it runs on; at least one. */
  readonly stages: readonly Stage[];
  readonly requires: Requirements;
  /** Null: the client asks nothing, and no expectation is about its requests. */
  readonly load: Load | null;
  /** At least one. */
  readonly steps: readonly (Step | RepeatStep)[];
}

/** What a lab must be beside its stage. What is not there may be as it likes. */
export interface Requirements {
  /** `keepalived.preempt` of the lab file. */
  readonly preempt?: boolean;
}

/** What the client asks of the VIP from before the first step to after the last: an open loop. */
export interface Load {
  /** A request on a new connection is due so often, however long the others take; 5 to 500. */
  readonly intervalMs: number;
  /** How long a request may take; more than 1000, so that one that waited for its SYN to be sent again is not taken for a failed one. */
  readonly timeoutMs: number;
  /** Connections that are opened at the beginning and held, with a request on each every so often; 0 to 100. */
  readonly longLived: number;
}

/**
 * Who is meant: `master`, `standby` (who holds the VIP when the scenario starts, and the best of the other directors; they keep these
 * names whatever happens), `director` (stage dr: the one, which is also `master`), `real-server-1` … (in the order of the lab file),
 * `real-servers` (each of them), `segment` (no server: the lab's segment, for faults that a foreign host brings), or a server's own name.
 */
export type Selector = string;

export type Step = FaultStep | HealStep | WaitStep | ExpectStep;

interface InFile {
  /** Where the step begins in the file, from 1. */
  readonly line: number;
}

/** Puts a fault on a server, or on each of `real-servers` side by side. Opens a window. */
export interface FaultStep extends InFile {
  readonly kind: "fault";
  /** A fault's id. */
  readonly fault: string;
  readonly on: Selector;
  /** Its parameters by its own schema, with defaults for all that is not given. */
  readonly parameters: FaultParameters;
}

/** Takes a fault away. Opens a window. What is still there after the last step, the runner heals without being told. */
export interface HealStep extends InFile {
  readonly kind: "heal";
  readonly fault: string;
  /** Null: wherever it is. */
  readonly on: Selector | null;
}

/** Lets time pass: where time itself is the point. Everything else waits by an expectation. */
export interface WaitStep extends InFile {
  readonly kind: "wait";
  readonly ms: number;
}

/**
 * All expectations must hold at one look, within the deadline; then at every look for `forMs`. If one stops to hold in that time it is
 * begun again, as long as the deadline is not over. Deadlines are as they are written on every machine, emulated or not.
 */
export interface ExpectStep extends InFile {
  readonly kind: "expect";
  /** At least one, no two of a kind; states before measures. */
  readonly expectations: readonly Expectation[];
  /** Until when they must hold for the first time; 0: they are judged once. Default: a minute if there is a state among them, else 0. */
  readonly withinMs: number;
  /** How long they must go on to hold; 0: not at all. */
  readonly forMs: number;
}

/** Steps that are taken again and again. What is injected in it is healed in it. */
export interface RepeatStep extends InFile {
  readonly kind: "repeat";
  /** 2 to 1000. */
  readonly times: number;
  readonly steps: readonly Step[];
}

/** Valid by the fault's schema. */
export type FaultParameters = Readonly<Record<string, unknown>>;

/**
 * A statement about the lab, its client or its wire. Servers are selectors in a `Scenario`, names in a `ResolvedScenario`.
 *
 * There are two sorts. A *state* is looked at as it is now, and waited for. A *measure* is over the *window*, which begins with the last
 * fault or heal (with the run, before the first; for a fault: when it was begun to be injected) and ends now; it is judged once, unless
 * the file gives a deadline.
 */
export type Expectation =
  | ServedExpectation
  | VipExpectation
  | ArpExpectation
  | TableExpectation
  | BalanceExpectation
  | MailExpectation
  | LogExpectation
  | VrrpExpectation
  | DiagnosisExpectation
  | OutageExpectation
  | ShareExpectation
  | ConnectionsExpectation;

export type ExpectationKind = Expectation["kind"];

/** State: every request that was due in the last `ms`, and could have ended by now, was answered (`answered`, not `delayed`). */
export interface ServedExpectation {
  readonly kind: "served";
  readonly ms: number;
}

/**
 * State: exactly these directors have the VIP on an interface, as each director that can be asked says over SSH; one that cannot be asked
 * (it is off, or frozen) holds nothing. File: a selector, `nobody` (none), or `both` (`master` and `standby`).
 */
export interface VipExpectation {
  readonly kind: "vip";
  readonly holders: readonly Selector[];
}

/** State: whose hardware address the client's ARP entry for the VIP names. Null, in the file `other`: a host's that is none of the lab's. */
export interface ArpExpectation {
  readonly kind: "arp";
  readonly owner: Selector | null;
}

/**
 * State: the real servers with a weight above 0 in a director's IPVS table for the virtual service are exactly these, less those in
 * `without` (which a `ResolvedScenario` has taken out already). None is also what a director has that lacks the virtual service. File:
 * `none`, or left out for all of the lab's with a weight.
 */
export interface TableExpectation {
  readonly kind: "table";
  readonly on: Selector;
  readonly realServers: readonly Selector[];
  readonly without: readonly Selector[];
}

/**
 * State, of the requests that were answered in the last 2 s (at least 10).
 * - `even`: every real server of the lab with a weight above 0 answered, and the largest and the smallest share differ by no more than a
 *   tenth of the larger, or by two requests;
 * - `only`: this real server answered all of them;
 * - `without`: this one answered none.
 */
export interface BalanceExpectation {
  readonly kind: "balance";
  readonly share: "even" | { readonly only: Selector } | { readonly without: Selector };
}

/** State: root's mailbox on a director got a message since the window began whose subject or body holds the text, as it is written. */
export interface MailExpectation {
  readonly kind: "mail";
  readonly on: Selector;
  readonly about: string;
}

/** State: keepalived's journal on a director has a line since the window began that the pattern is found in. */
export interface LogExpectation {
  readonly kind: "log";
  readonly on: Selector;
  /** As it is in the file: text, or `/REGEX/`. */
  readonly line: string;
  /** A JavaScript regular expression (flags: none) for either. */
  readonly pattern: string;
}

/** State: the VRRP state of a director as the wire tells it now (`VrrpSpan` in result.ts). */
export interface VrrpExpectation {
  readonly kind: "vrrp";
  readonly on: Selector;
  readonly state: "MASTER" | "BACKUP";
}

/**
 * With an id, a state: the wire shows it, at least for a part of the window. Null, in the file `none`, a measure: the wire shows
 * nothing of the kind in the window.
 */
export interface DiagnosisExpectation {
  readonly kind: "diagnosis";
  readonly id: Diagnosis["id"] | null;
}

/**
 * Measure: the longest time without a connection that the client saw in the window (`Outage.longest` at the level `connection`), over by
 * now.
 * - `promised`: within what VRRP's timers promise for the fault that opened the window, and the tolerance; that fault is on the master;
 * - `none`: there was none, however short;
 * - a band, ends included, each granted the measurement's error. A bound that the file does not give is 0, or `Number.MAX_SAFE_INTEGER`.
 */
export interface OutageExpectation {
  readonly kind: "outage";
  readonly band: "promised" | "none" | { readonly atLeastMs: number; readonly atMostMs: number };
}

/**
 * Measure: how many of the requests that ended in the window failed (or were delayed: answered, but only a SYN that was sent again).
 * Ends included. `none` in the file is `atMost: 0`.
 */
export interface ShareExpectation {
  readonly kind: "failed" | "delayed";
  readonly atLeast?: Amount;
  readonly atMost?: Amount;
}

/** So many requests, or per cent of the requests. */
export type Amount = { readonly count: number } | { readonly percent: number };

/**
 * Measure, of the long-lived connections that were open when the window began (in the first window: that the load opened): all are still
 * open and were answered since (`survive`); or all were closed, reset or had no answer within the load's timeout (`break`). If there was
 * none, neither holds.
 */
export interface ConnectionsExpectation {
  readonly kind: "connections";
  readonly fate: "survive" | "break";
}

/** A scenario for one lab: every selector is a server's name, and steps are as they are taken, one after another. Frozen. */
export interface ResolvedScenario extends Omit<Scenario, "steps"> {
  /** Who `master` and `standby` are in this run; `standby` is null in stage dr. */
  readonly master: string;
  readonly standby: string | null;
  /** What is repeated is written out. */
  readonly steps: readonly ResolvedStep[];
}

export type ResolvedStep = ResolvedFaultStep | ResolvedHealStep | ResolvedWaitStep | ResolvedExpectStep;

interface Numbered extends InFile {
  /** From 1, in the order in which steps are taken: `StepResult.n`. */
  readonly n: number;
  /** Which time it is, from 1, and how many times there are; not there outside `repeat`. */
  readonly round?: { readonly n: number; readonly of: number };
}

/** Where a fault is put: a server's name or `segment`, and with which parameters; those of the injection at a heal, too. */
export interface FaultPlace {
  readonly target: string;
  readonly parameters: FaultParameters;
}

export interface ResolvedFaultStep extends Numbered {
  readonly kind: "fault";
  readonly fault: string;
  /** At least one; side by side. */
  readonly places: readonly FaultPlace[];
}

export interface ResolvedHealStep extends Numbered {
  readonly kind: "heal";
  readonly fault: string;
  /** At least one; side by side. */
  readonly places: readonly FaultPlace[];
}

export interface ResolvedWaitStep extends Numbered {
  readonly kind: "wait";
  readonly ms: number;
}

export interface ResolvedExpectStep extends Numbered {
  readonly kind: "expect";
  /** With servers' names in place of selectors. */
  readonly expectations: readonly Expectation[];
  readonly withinMs: number;
  readonly forMs: number;
}
