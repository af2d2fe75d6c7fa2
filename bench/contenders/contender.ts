import type { LiveLab } from "../../verify/live/live-lab.ts";
import type { BenchLab } from "../harness/bench-lab.ts";

/** A way to make fresh servers into an ha lab, and to keep them one. */
export interface Contender {
  /** In tables and charts. */
  readonly name: string;
  /** Part of a stack's name. */
  readonly id: string;
  /** What is missing on this machine for it to take part, with the remedy; undefined: nothing. */
  missing(): string | undefined;
  /** What it is, for the notes, where that is no part of the project. */
  version?(): Promise<string>;
  /** Takes up a lab whose servers are fresh. What it does here is not timed. */
  begin(lab: BenchLab, live: LiveLab): Promise<Session>;
}

/** A contender at work on one lab. Each step is one command of its user's, and is what is timed. */
export interface Session {
  /** From fresh servers to an ha lab. */
  provision(): Promise<void>;
  /** Runs with nothing to do, by name. */
  readonly again: Readonly<Record<string, () => Promise<void>>>;
  /** Says which scheduler is wanted from now on: an edit of a file, not timed. */
  edit(scheduler: string): Promise<void>;
  /** Brings about what was edited. */
  change(): Promise<void>;
  /** Makes good whatever is not as it should be, server2 being what is not. */
  mend(): Promise<void>;
  /** Whether `lvs-lab` knows of a changed scheduler already; else its checks are told. */
  readonly owns: boolean;
  /** Ends connections that were kept open for a run soon after. */
  cool?(): Promise<void>;
  end(): Promise<void>;
}
