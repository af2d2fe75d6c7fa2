import type { Stage } from "../../lab/lab.ts";
import type { Expectation } from "./expectations/index.ts";
import type { Roles, Selector } from "./selectors.ts";

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

/** A scenario for one lab: every selector is a server's name, and steps are as they are taken, one after another. Frozen. */
export interface ResolvedScenario extends Omit<Scenario, "steps">, Roles {
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
