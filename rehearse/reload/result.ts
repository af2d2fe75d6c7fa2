import type { MatrixVersions } from "../report/result.ts";
import type { ReloadRow } from "./row.ts";

/**
 * The rehearsal of a roll-out: the content of `roll-out.json`. It is written when the directors are up, and anew at the end. What the client and the
 * wire saw in full is in the `result.json` beside its `report`.
 *
 * A change that could break a reader raises `version`.
 */
export interface RollOutResult {
  readonly format: "lvs-lab roll-out";
  readonly version: 1;
  /** The folder of the files that ran, as the command line had it. */
  readonly from: string;
  /** The folder of the files that replaced them. */
  readonly to: string;
  readonly stack: string;
  /** ISO 8601, wall clock: when the directors were up. */
  readonly startedAt: string;
  /** Whether all directors were reloaded: not while it runs, nor if it was killed or interrupted. */
  readonly finished: boolean;
  /** Whether it came to its end, and every reload passed. */
  readonly passed: boolean;
  readonly versions: MatrixVersions;
  /** The name of the service that clients asked. */
  readonly service: string;
  /** In their order. */
  readonly reloads: readonly ReloadRow[];
  /** The page of the run's report, relative to roll-out.json; null: there is none. */
  readonly report: string | null;
}
