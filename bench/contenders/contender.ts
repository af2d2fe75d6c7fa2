import type { LiveLab } from "../../verify/live/live-lab.ts";
import type { BenchLab } from "../harness/bench-lab.ts";

/** A way to provision fresh servers as an ha lab, and to maintain it. */
export interface Contender {
  /** Name in tables and charts. */
  readonly name: string;
  /** Part of a stack's name. */
  readonly id: string;
  /** What is missing on this machine for it to take part, with the fix; undefined if nothing. */
  missing(): string | undefined;
  /** Description for the notes, if it is no part of the project. */
  version?(): Promise<string>;
  /** Prepares for a lab with fresh servers. Not timed. */
  begin(lab: BenchLab, live: LiveLab): Promise<Session>;
}

/** A contender at work on one lab. Each step is one command of its user, and is timed. */
export interface Session {
  /** From fresh servers to an ha lab. */
  provision(): Promise<void>;
  /** Runs with nothing to do, by name. */
  readonly again: Readonly<Record<string, () => Promise<void>>>;
  /** Sets the wanted scheduler: an edit of a file, not timed. */
  edit(scheduler: string): Promise<void>;
  /** Applies the edit. */
  change(): Promise<void>;
  /** Repairs server2, which is broken. */
  mend(): Promise<void>;
  /** Whether `lvs-lab` already knows of a changed scheduler; otherwise its checks are told. */
  readonly owns: boolean;
  /** Ends connections that were kept open for a further run. */
  cool?(): Promise<void>;
  end(): Promise<void>;
}
