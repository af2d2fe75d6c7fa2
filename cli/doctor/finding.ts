/** Subject of a finding. */
export type Kind =
  | "machine"
  | "pulumi-login"
  | "pulumi-state"
  | "stale-lock"
  | "unknown-host"
  | "lab-down"
  | "faults"
  | "half-made"
  | "damaged"
  | "unused"
  | "memory"
  | "unfinished";

/** A problem that doctor found. */
export interface Finding {
  readonly kind: Kind;
  /** `error`: labs cannot come up; `warning`: they can, with limits, or files of lvs-lab waste disk space. */
  readonly level: "error" | "warning";
  readonly problem: string;
  /** The command that fixes it. */
  readonly fix: string;
  /** The repair by `--fix`, if there is one. It checks again before it changes anything. @throws Error if it fails */
  readonly repair?: () => Promise<void>;
}

/** The command that runs every `repair`. */
export const FIX = "npx lvs-lab doctor --fix";
