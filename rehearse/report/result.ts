import type { OutagePromise } from "../../verify/report/result.ts";

/**
 * A rehearsal of a folder: the content of `matrix.json`. It is written anew after each cell, and `matrix.html` is made from it. What the client and
 * the wire saw of a cell in full is in the `result.json` beside the cell's `report`.
 *
 * A change that could break a reader raises `version`.
 */
export interface MatrixResult {
  readonly format: "lvs-lab rehearsal";
  readonly version: 1;
  /** The folder, as the command line had it. */
  readonly folder: string;
  readonly stack: string;
  /** ISO 8601, wall clock: when the directors were up. */
  readonly startedAt: string;
  /** Whether it came to its end: not while it runs, nor if it was killed or interrupted. */
  readonly finished: boolean;
  /** Whether every cell that was run passed. */
  readonly passed: boolean;
  readonly versions: MatrixVersions;
  /** What lint found in the folder. */
  readonly findings: readonly MatrixFinding[];
  /** In the order in which they were run. */
  readonly cells: readonly MatrixCell[];
  readonly notRun: readonly CellsNotRun[];
}

/** What it ran on. */
export interface MatrixVersions {
  readonly lvsLab: string;
  readonly node: string;
  /** The kernel of the machine. */
  readonly hostKernel: string;
  readonly acceleration: "kvm" | "qemu";
  readonly directors: readonly DirectorVersions[];
}

/** Null: the director did not say. */
export interface DirectorVersions {
  readonly name: string;
  /** `2.2.7 (01/16,2022)` */
  readonly keepalived: string | null;
  /** The version of its package: `1:2.2.7-1+b2`. */
  readonly keepalivedPackage: string | null;
  /** `Debian GNU/Linux 12 (bookworm)` */
  readonly os: string | null;
  readonly kernel: string | null;
}

/** A finding of lint. */
export interface MatrixFinding {
  readonly rule: string;
  readonly level: "error" | "warning" | "note";
  /** Relative to the folder. */
  readonly file: string;
  /** From 1. */
  readonly line: number;
  readonly message: string;
  readonly fix: string;
}

/** An event, as the clients of a service saw it. Times in milliseconds. */
export interface MatrixCell {
  readonly event: string;
  /** The event in words. */
  readonly title: string;
  /** The real server that it happens to, or what is tracked; null: the master, or all real servers. */
  readonly object: string | null;
  /** `ADDRESS:PORT` */
  readonly service: string;
  readonly instance: string | null;
  readonly scenario: string;
  /** ISO 8601, wall clock. */
  readonly startedAt: string;
  readonly durationMs: number;
  readonly passed: boolean;
  /** Whether the run came to its end. If not, `failures` says why, and nothing below them was measured. */
  readonly measured: boolean;
  /** Why it has failed, a sentence each. */
  readonly failures: readonly string[];
  /** The outage that VRRP's timers promise; absent where they promise nothing. */
  readonly promise?: OutagePromise;
  /** Of a real server's event: how long its health check may take to see it, in seconds, and how long it took. */
  readonly detection?: {
    readonly promise: { readonly minimum: number; readonly maximum: number };
    readonly ms: number;
  };
  /** The longest time without service after the event; null: there was none. */
  readonly outageMs: number | null;
  /** Its error, in both directions. */
  readonly outageErrorMs: number | null;
  /** The same after everything was back. */
  readonly failbackMs: number | null;
  /** Requests that were not answered. */
  readonly lost: number;
  /** The outage in words, or that there was none. */
  readonly seen: string;
  /** The hosts that held the VIP, as the wire shows: one, unless two claimed it or nobody did. */
  readonly vip: {
    readonly before: readonly string[];
    readonly during: readonly string[];
    readonly after: readonly string[];
  };
  /** The host in the client's ARP entry for the VIP; null: the client had none. */
  readonly arp: {
    readonly before: string | null;
    readonly during: string | null;
    readonly after: string | null;
  };
  /** The page of the run's report, relative to matrix.json; null: there is none. */
  readonly report: string | null;
}

/** Events that were not rehearsed with a service, and why. */
export interface CellsNotRun {
  readonly service: string;
  /** `crash`; of one of several real servers or tracked things with its name: `refuse web1`. */
  readonly events: readonly string[];
  readonly reason: string;
  /** They were to be run, and have not had their turn. */
  readonly waiting?: true;
}
