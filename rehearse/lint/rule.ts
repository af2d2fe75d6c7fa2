import type { Place } from "../conf/place.ts";
import type { Director } from "../directors/director.ts";
import type { VirtualRouter } from "../directors/virtual-router.ts";
import type { Folder } from "../folder.ts";

/**
 * How much a finding matters: `error`, keepalived does not do what the file says; `warning`, it does, and people regret it; `note`, the folder does not
 * show whether it is right.
 */
export const levels = ["error", "warning", "note"] as const;
export type Level = (typeof levels)[number];

/** What a rule sees. */
export interface Subject {
  readonly folder: Folder;
  readonly directors: readonly Director[];
  readonly routers: readonly VirtualRouter[];
}

/** What a rule finds at a place. */
export interface Found {
  readonly at: Place;
  /** What is so here, with names and numbers of the file. A sentence without its full stop. */
  readonly message: string;
  /** What to write instead, an imperative. */
  readonly fix: string;
  /** What else to look at: the other one of two that differ. */
  readonly also?: readonly Place[];
  /** If it is not the rule's. */
  readonly level?: Level;
}

/** What people regret: what keepalived -t passes, and what keepalived does not know. A rule is one file, and a row in `rules/index.ts`. */
export interface Rule {
  readonly id: string;
  /** What the rule finds, as a phrase. */
  readonly title: string;
  readonly level: Level;
  /** What happens on directors that have it, and why. Whole sentences. */
  readonly why: string;
  /** Where the reason comes from: keepalived's man page or source, an RFC, a report. */
  readonly source: string;
  look(subject: Subject): Iterable<Found>;
}

/** A finding, complete. */
export interface Finding extends Found {
  readonly rule: Rule;
  readonly level: Level;
}
