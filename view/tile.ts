import type { TaskStatus } from "../verify/grade/grade.ts";

/** The form of what the server tells the page. Both are of one version; a page that finds another number loads itself anew. */
export const VIEW_VERSION = 1;

/**
 * What a lab is doing. `unseen`: it has not been looked at yet. `none`: no lab. `busy`: a command works on it. `down`: its lab host does not run.
 * `silent`: no server answers. `partly`: some do not. `up`: all do.
 */
export type LabState = "unseen" | "none" | "busy" | "down" | "silent" | "partly" | "up";

/** A student's lab at a glance. Times are milliseconds since 1970, of the server's clock. */
export interface Tile {
  /** Names the tile in this run of the view. It says nothing about the student, and neither does the order. */
  readonly key: string;
  /** Not there for a projector. */
  readonly student?: { readonly id: string; readonly name: string; readonly stack: string };
  readonly state: LabState;
  /** The state in words, with what is wrong. For a projector the state alone. */
  readonly words: string;
  /** When the lab was looked at last, so that it answered. What stands below is as old. */
  readonly lookedAt?: number;
  readonly score?: { readonly points: number; readonly of: number; readonly percent: number };
  /** In the order of the exercise. */
  readonly tasks: readonly TileTask[];
  /** Steps of the guide that have been reached. */
  readonly guide?: { readonly done: number };
  readonly vips: readonly TileVip[];
  readonly faults: readonly TileFault[];
  readonly hand?: { readonly since: number; readonly text?: string };
  readonly sign?: SignOfLife;
  /** Since when the points have not risen; not there before the first look, and at full marks. */
  readonly stuckSince?: number;
}

export interface TileTask {
  /** The check's id. */
  readonly id: string;
  readonly title: string;
  /** The servers, or the client. */
  readonly where: string;
  readonly status: TaskStatus;
  readonly points: number;
  readonly of: number;
  /** Of tasks that are not done, for the teacher. */
  readonly seen?: string;
  readonly hint?: string;
  /** Whose values stand there, in a line each. */
  readonly foreign?: readonly string[];
}

export interface TileVip {
  /** Not there for a projector: addresses may be a student's own. */
  readonly address?: string;
  /** The directors that hold it; none: nobody does. */
  readonly holders: readonly string[];
}

export interface TileFault {
  readonly fault: string;
  /** The server's name, or `segment`. */
  readonly where: string;
  readonly since: number;
}

/** The last thing that showed that somebody works on a lab. */
export interface SignOfLife {
  readonly at: number;
  /** `key`: a key was pressed in a terminal of a server. `change`: a look found something that the one before had not. `hand`: the hand was raised. */
  readonly kind: "key" | "change" | "hand";
}

/** The class as a whole. */
export interface ClassInfo {
  readonly name: string;
  readonly exercise: string;
  readonly announcement?: { readonly text: string; readonly at: number };
}

/** The data of an event `all`, which begins each stream, and of `some`: only what has changed. */
export interface ViewEvent {
  readonly version: typeof VIEW_VERSION;
  /** The server's clock. */
  readonly now: number;
  readonly info: ClassInfo;
  readonly tiles: readonly Tile[];
}
