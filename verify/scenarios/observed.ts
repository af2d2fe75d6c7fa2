import type { Fault } from "../faults/fault.ts";
import type { RunClock } from "../live/clock.ts";
import type { LiveLab } from "../live/live-lab.ts";
import type { Probe } from "../probe/index.ts";
import type { Capture } from "../wire/index.ts";
import type { Baselines } from "./baselines.ts";

/** From the last fault or heal up to now: what measures are over. */
export interface OpenWindow {
  /** The step that opened it; 0: the run's beginning. */
  readonly step: number;
  readonly title: string;
  /** Milliseconds on the run's clock. */
  readonly from: number;
  /** The fault that opened it, and where; not there for a heal or the beginning. */
  readonly fault?: { readonly fault: Fault; readonly targets: readonly string[] };
}

/** What expectations look at while a scenario runs. */
export interface Observed {
  readonly live: LiveLab;
  readonly clock: RunClock;
  /** Null: the scenario has no load. */
  readonly probe: Probe | null;
  readonly capture: Capture;
  readonly window: OpenWindow;
  readonly baselines: Baselines;
  /** Who was master and who standby when the run began; `standby` is null in stage dr. */
  readonly master: string;
  readonly standby: string | null;
}
