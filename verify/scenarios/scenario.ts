import type { Control, VirtualService, VrrpInstance } from "../../lab/index.ts";
import type { Expectation } from "./expectations/index.ts";
import type { Requirements } from "./requirements.ts";
import type { Roles, Selector } from "./selectors.ts";
import type { DETECTED } from "./values.ts";

/**
 * A scenario as its file describes it: valid, complete (defaults filled in) and deeply frozen. It names servers by selectors, so that it runs
 * on any lab; `resolve` turns them into names. All durations are milliseconds.
 */
export interface Scenario {
  /** The file's name without directory and extension: how it is chosen. */
  readonly name: string;
  /** The path as given to the parser, and the file's text: for messages that point at a place. */
  readonly file: string;
  readonly text: string;
  readonly title: string;
  /** What it shows and why; several sentences on one line. May be empty. */
  readonly description: string;
  /** Who may be in control of the labs that it runs on; at least one. */
  readonly controls: readonly Control[];
  readonly requires: Requirements;
  /** Null: the client sends no requests, and no expectation is about them. */
  readonly load: Load | null;
  /** At least one. */
  readonly steps: readonly (Step | RepeatStep)[];
}

/** The client's requests to the VIP, from before the first step until after the last: an open loop. */
export interface Load {
  /** Between two requests, each on a new connection and sent however long the others take; 5 to 500. */
  readonly intervalMs: number;
  /** Timeout of a request; more than 1000, so that a request whose SYN was retransmitted does not count as failed. */
  readonly timeoutMs: number;
  /** Connections that are opened at the start and kept open, with regular requests on each; 0 to 100. */
  readonly longLived: number;
}

export type Step = FaultStep | HealStep | WaitStep | ExpectStep;

interface InFile {
  /** Where the step begins in the file, from 1. */
  readonly line: number;
}

/** Injects a fault on a server, or on all `real-servers` in parallel. Opens a window. */
export interface FaultStep extends InFile {
  readonly kind: "fault";
  /** A fault's id. */
  readonly fault: string;
  readonly on: Selector;
  /** Valid by the fault's schema, defaults filled in. */
  readonly parameters: FaultParameters;
}

/** Heals a fault. Opens a window. The runner heals remaining faults after the last step. */
export interface HealStep extends InFile {
  readonly kind: "heal";
  readonly fault: string;
  /** Null: everywhere. */
  readonly on: Selector | null;
}

/** Waits for a fixed time, where time itself is the point. Everything else waits with an expectation. */
export interface WaitStep extends InFile {
  readonly kind: "wait";
  readonly ms: number;
}

/**
 * All expectations must hold at one look within the deadline, and then at every look for `forMs`. If one fails in that time, `forMs` starts
 * again, until the deadline is over. Deadlines are the same on every machine, emulated or not.
 */
export interface ExpectStep extends InFile {
  readonly kind: "expect";
  /** At least one, no two of a kind; in the order of the kinds, states before measures. */
  readonly expectations: readonly Expectation[];
  /**
   * Deadline by which they must hold for the first time; 0: they are matched once. Default: a minute if there is a state among them, else 0.
   * `detected`: as long as the lab's health checks may take, which `resolve` makes a number of.
   */
  readonly withinMs: number | typeof DETECTED;
  /** How long they must go on to hold; 0: one look is enough. */
  readonly forMs: number;
}

/** Steps that are repeated. A fault that is injected in a round is healed in the same round. */
export interface RepeatStep extends InFile {
  readonly kind: "repeat";
  /** 2 to 1000. */
  readonly times: number;
  readonly steps: readonly Step[];
}

/** Valid by the fault's schema. */
export type FaultParameters = Readonly<Record<string, unknown>>;

/** A scenario for one lab: server names in place of selectors, and one flat list of steps. Frozen. */
export interface ResolvedScenario extends Omit<Scenario, "steps">, Roles {
  /** The virtual service that the load goes to: the lab's first. */
  readonly service: VirtualService;
  /** The VRRP instance that holds its VIP; null where ipvsadm is in control. */
  readonly instance: VrrpInstance | null;
  /** Repeats are unrolled. */
  readonly steps: readonly ResolvedStep[];
}

export type ResolvedStep =
  | ResolvedFaultStep
  | ResolvedHealStep
  | ResolvedWaitStep
  | ResolvedExpectStep
  | ResolvedChangeStep;

interface Numbered extends InFile {
  /** From 1, in the order of execution: `StepResult.n`. */
  readonly n: number;
  /** The round, from 1, and the number of rounds; absent outside `repeat`. */
  readonly round?: { readonly n: number; readonly of: number };
}

/** A fault's target, a server's name or `segment`, and its parameters; a heal has those of the injection. */
export interface FaultPlace {
  readonly target: string;
  readonly parameters: FaultParameters;
}

export interface ResolvedFaultStep extends Numbered {
  readonly kind: "fault";
  readonly fault: string;
  /** At least one; in parallel. */
  readonly places: readonly FaultPlace[];
}

export interface ResolvedHealStep extends Numbered {
  readonly kind: "heal";
  readonly fault: string;
  /** At least one; in parallel. */
  readonly places: readonly FaultPlace[];
}

export interface ResolvedWaitStep extends Numbered {
  readonly kind: "wait";
  readonly ms: number;
}

/** Changes the lab for good, and opens a window. No file has it: the program that makes the scenario knows what to do. */
export interface ResolvedChangeStep extends Numbered {
  readonly kind: "change";
  /** In words: `reload the new files on lb2`. */
  readonly title: string;
  /** @throws Error with what went wrong: the step has failed then */
  readonly apply: () => Promise<void>;
}

export interface ResolvedExpectStep extends Numbered {
  readonly kind: "expect";
  /** With servers' names in place of selectors. */
  readonly expectations: readonly Expectation[];
  readonly withinMs: number;
  readonly forMs: number;
}
