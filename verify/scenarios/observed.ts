import type { VirtualService, VrrpInstance } from "../../lab/index.ts";
import type { Fault } from "../faults/fault.ts";
import type { RunClock } from "../live/clock.ts";
import type { LiveLab } from "../live/live-lab.ts";
import type { Probe } from "../probe/index.ts";
import type { Capture } from "../wire/index.ts";
import type { Baselines } from "./baselines.ts";

/** The time from the last fault or heal until now: measures are taken over it. */
export interface OpenWindow {
  /** The step that opened it; 0: the start of the run. */
  readonly step: number;
  readonly title: string;
  /** Milliseconds on the run's clock. */
  readonly from: number;
  /** The fault that opened it, and its targets; absent after a heal and at the start. */
  readonly fault?: {
    readonly fault: Fault;
    readonly targets: readonly string[];
    /** Default: the fault's own. */
    readonly parameters?: Readonly<Record<string, unknown>>;
  };
}

/** What a running scenario gives matchers to look at. */
export interface Observed {
  readonly live: LiveLab;
  /** The virtual service that the load goes to. */
  readonly service: VirtualService;
  /** The VRRP instance that holds its VIP; null where ipvsadm is in control. */
  readonly instance: VrrpInstance | null;
  readonly clock: RunClock;
  /** Null: the scenario has no load. */
  readonly probe: Probe | null;
  readonly capture: Capture;
  readonly window: OpenWindow;
  readonly baselines: Baselines;
  /** The master and the standby at the start of the run; `standby` is null where ipvsadm is in control. */
  readonly master: string;
  readonly standby: string | null;
}
