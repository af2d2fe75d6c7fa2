/** What a finding is about. */
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

/** Something that is not as it should be. */
export interface Finding {
  readonly kind: Kind;
  /** `error`: no lab comes up; `warning`: it does, with less, or something of ours takes room for nothing. */
  readonly level: "error" | "warning";
  readonly problem: string;
  /** The command that mends it. */
  readonly fix: string;
  /** What `--fix` does about it, if it can do anything. It looks once more before it changes something. @throws Error if it could not */
  readonly repair?: () => Promise<void>;
}

/** The command for everything that has a `repair`. */
export const FIX = "npx lvs-lab doctor --fix";
